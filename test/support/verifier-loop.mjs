// Runs the built verifier again and again in one process, since most of a start is loading what never changes. Each run
// evaluates its entry anew, with its own arguments; what it wrote and how it would have ended goes to the parent.
import { pathToFileURL } from 'node:url';

let runs = 0;

process.on('message', ({ entry, args }) => {
  void run(entry, args).then((result) => process.send(result));
});

async function run(entry, args) {
  const written = { stdout: '', stderr: '' };
  const streams = Object.keys(written).map((name) => ({ name, write: process[name].write }));
  for (const { name } of streams) process[name].write = (text) => ((written[name] += text), true);
  process.argv = [process.execPath, entry, ...args];
  process.exitCode = undefined;
  runs += 1;
  try {
    await import(`${pathToFileURL(entry).href}?run=${runs}`);
    return { status: process.exitCode ?? 0, ...written };
  } catch (error) {
    // As Node ends when a program throws.
    return { status: 1, ...written, stderr: `${written.stderr}${error.stack}` };
  } finally {
    for (const { name, write } of streams) process[name].write = write;
  }
}
