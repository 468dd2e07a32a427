// MicroPython's wasm runtime as a server of JSON lines: one request a line, one reply a line.
//   {"put": "/lib/x.mpy", "hex": "..."}   write a file          -> {"ok": true}
//   {"run": "python source"}              run it                -> {"ok": true}
//   {"eval": "python expression"}         its value as JSON     -> {"ok": true, "value": ...}
// Between two requests Python has returned to JavaScript, and a collection asked for is done.
import readline from 'node:readline';
import { loadMicroPython } from '@micropython/micropython-webassembly-pyscript';

const python = await loadMicroPython({
  heapsize: 1 << 20,
  pystack: 8192,
  stdout: (line) => process.stderr.write(line + '\n'),
  linebuffer: true,
});
const folders = new Set();
const folder = (path) => {
  const parts = path.split('/').slice(1, -1);
  parts.forEach((_, i) => {
    const name = '/' + parts.slice(0, i + 1).join('/');
    if (!folders.has(name)) {
      folders.add(name);
      if (!python.FS.analyzePath(name).exists) python.FS.mkdir(name);
    }
  });
};
python.runPython(`
import gc, json, sys
sys.path[:] = ['/lib']
def _eval(source):
    return json.dumps(eval(source))
`);
const evaluate = python.globals.get('_eval');

for await (const line of readline.createInterface({ input: process.stdin })) {
  let reply = { ok: true };
  try {
    const request = JSON.parse(line);
    if (request.put !== undefined) {
      folder(request.put);
      python.FS.writeFile(request.put, Buffer.from(request.hex, 'hex'));
    } else if (request.run !== undefined) python.runPython(request.run);
    else reply.value = JSON.parse(evaluate(request.eval));
  } catch (error) {
    reply = { ok: false, error: `${error.type ?? error.name}: ${error.message}` };
  }
  process.stdout.write(JSON.stringify(reply) + '\n');
}
