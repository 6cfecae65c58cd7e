// A task under Wine, forked like any other. There is no IPC between Linux and a process of Wine, so this program has two
// halves, with a socket between them: the one here gets the events of the rounds, the one in Windows' Node forks the
// task. Environment: WINE is Wine's loader, WINDOWS_NODE the path of node.exe, BUNDLE that of the task.
const { fork, spawn } = require('node:child_process');
const { connect, createServer } = require('node:net');
const { createInterface } = require('node:readline');

const argv = process.argv.slice(2);

function onLinux({ WINE, WINDOWS_NODE }) {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    process.on('message', (event) => socket.write(`${JSON.stringify(event)}\n`));
  });
  server.listen(0, '127.0.0.1', () => {
    spawn(WINE, [WINDOWS_NODE, __filename, ...argv], {
      env: { ...process.env, EVENTS_PORT: String(server.address().port) },
      stdio: ['ignore', 'inherit', 'inherit'],
    }).once('exit', (code) => process.exit(code ?? 1));
  });
}

function onWindows({ EVENTS_PORT, BUNDLE }) {
  const task = fork(BUNDLE, argv);
  task.once('exit', (code) => process.exit(code ?? 1));
  const events = connect(Number(EVENTS_PORT), '127.0.0.1');
  // When the other half is killed, the task goes with it.
  events.on('error', () => undefined).once('close', () => task.kill());
  createInterface(events).on('line', (line) => task.send(JSON.parse(line)));
}

if (process.platform === 'win32') onWindows(process.env);
else onLinux(process.env);
