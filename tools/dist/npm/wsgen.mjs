#!/usr/bin/env node
// Runs the command, which a package for this platform carries.
import { spawn } from "node:child_process";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const name = `@wsgen/${process.platform}-${process.arch}`;
const child = spawn(program(), process.argv.slice(2), { stdio: "inherit" });

// The command decides what a signal does.
const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
for (const signal of signals) {
  process.on(signal, () => child.kill(signal));
}

child.on("error", (error) => fail(error.message));
child.on("exit", (code, signal) => {
  if (signal === null) {
    process.exit(code);
  }
  for (const forwarded of signals) {
    process.removeAllListeners(forwarded);
  }
  process.kill(process.pid, signal);
});

/** Returns the path of the command. */
function program() {
  const suffix = process.platform === "win32" ? ".exe" : "";
  try {
    return require.resolve(`${name}/bin/wsgen${suffix}`);
  } catch {
    const known = require("../package.json").optionalDependencies;
    return fail(
      name in known
        ? `the package ${name} is missing. Install wsgen again, on this system and with optional dependencies.`
        : `there is no package ${name}; there are ${Object.keys(known).join(", ")}.`,
    );
  }
}

/** Ends with the code that shells have for a command that cannot be found. */
function fail(message) {
  console.error(`wsgen: ${message}`);
  process.exit(127);
}
