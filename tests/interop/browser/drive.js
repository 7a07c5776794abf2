// Copyright (C) 2026 The gst-plugins-dvr authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Drives the player page in headless Chromium. Reads one JSON command a line
// from standard input, {"run": "<expression>"}, and answers each with its value
// as one line of JSON.
"use strict";
const fs = require("fs");
const http = require("http");
const path = require("path");
const readline = require("readline");
const { chromium } = require("playwright-core");

// a machine that is busy is no error
const timeout = 1000 * (process.env.DVR_TEST_DEADLINE || 120);
const types = { ".html": "text/html", ".js": "text/javascript" };

function serve() {
  return new Promise((resolve) => {
    const server = http.createServer((request, response) => {
      const name = path.normalize(request.url.split("?")[0]);
      const file = path.join(__dirname, name);
      fs.readFile(file, (error, data) => {
        response.writeHead(error ? 404 : 200,
          { "Content-Type": types[path.extname(file)] || "text/plain" });
        response.end(error ? "" : data);
      });
    });
    server.listen(0, "127.0.0.1", () => resolve(server));
  });
}

async function main() {
  const server = await serve();
  const browser = await chromium.launch({
    timeout,
    executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
      "--disable-background-networking", "--disable-component-update",
      "--disable-sync", "--autoplay-policy=no-user-gesture-required"],
  });
  const page = await browser.newPage();
  page.setDefaultTimeout(timeout);
  await page.goto(`http://127.0.0.1:${server.address().port}/player.html`);
  console.log(JSON.stringify("ready"));
  for await (const line of readline.createInterface({ input: process.stdin })) {
    let answer;
    try {
      answer = await page.evaluate(JSON.parse(line).run);
    } catch (error) {
      answer = { error: String(error) };
    }
    console.log(JSON.stringify(answer === undefined ? null : answer));
  }
  await browser.close();
  server.close();
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
