import { existsSync, readdirSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

// Where a desktop node keeps its tasks: namespace/<task id>/ with task.log, and executables/<task_audit_program>.js. The
// second name is the CID of the task's bundle; the node looks for a file of that name and doesn't check what is in it.

const APPLICATION = 'KOII-Desktop-Node';
const KEY = /^[1-9A-HJ-NP-Za-km-z]{32,44}$/;
/** As an IPFS CID is written: letters and digits. */
const EXECUTABLE = /^([A-Za-z0-9_-]{10,100})\.js$/;
/** A task that ran within this time still runs, as far as its log can tell. */
const RUNS_MS = 10 * 60_000;

/** Where the machine's own desktop node keeps its files (Electron's appData). */
export function defaultNodeDirectory(
  platform: NodeJS.Platform = process.platform,
  env: NodeJS.ProcessEnv = process.env,
  home: string = os.homedir(),
): string {
  if (platform === 'win32') {
    return path.win32.join(
      env['APPDATA'] || path.win32.join(home, 'AppData', 'Roaming'),
      APPLICATION,
    );
  }
  if (platform === 'darwin') {
    return path.posix.join(home, 'Library', 'Application Support', APPLICATION);
  }
  return path.posix.join(env['XDG_CONFIG_HOME'] || path.posix.join(home, '.config'), APPLICATION);
}

/** A task that the node has started at least once. */
export interface NodeTask {
  id: string;
  directory: string;
  log: string;
  /** When it last wrote to its log, ms since 1970. */
  loggedAt: number;
}

/** The files of a desktop node. */
export class NodeDirectory {
  /** @throws Error if nothing there looks like a node's */
  constructor(readonly path: string) {
    if (!existsSync(path)) {
      throw new Error(
        `no desktop node is at ${path}: install it, or name its directory with --node`,
      );
    }
    if (!existsSync(this.executables)) {
      throw new Error(`${path} has no executables/: has this node run a task yet?`);
    }
  }

  get executables(): string {
    return path.join(this.path, 'executables');
  }

  /** The tasks with a log, the one that wrote last first. */
  tasks(): NodeTask[] {
    return namesIn(path.join(this.path, 'namespace'))
      .filter((id) => KEY.test(id))
      .flatMap((id) => {
        const directory = path.join(this.path, 'namespace', id);
        const log = path.join(directory, 'task.log');
        const stats = statSync(log, { throwIfNoEntry: false });
        return stats ? [{ id, directory, log, loggedAt: stats.mtimeMs }] : [];
      })
      .sort((a, b) => b.loggedAt - a.loggedAt);
  }

  /**
   * The sandbox task: the one that is named, the only one there is, or the only one that runs.
   * @throws Error that lists the tasks if it can't be told
   */
  taskOf(id: string | undefined, now = Date.now()): NodeTask {
    const tasks = this.tasks();
    const listed = tasks.map((task) => `  ${task.id}`).join('\n');
    if (id !== undefined) {
      const named = tasks.find((task) => task.id === id);
      if (named) return named;
      throw new Error(
        tasks.length === 0
          ? `the node has run no task ${id}: stake on it and start it first`
          : `the node has run no task ${id}; it has run\n${listed}`,
      );
    }
    if (tasks.length === 0) {
      throw new Error('the node has run no task yet: stake on a sandbox task and start it first');
    }
    const running = tasks.filter(({ loggedAt }) => now - loggedAt < RUNS_MS);
    const [only, ...others] = tasks.length === 1 ? tasks : running;
    if (only && others.length === 0) return only;
    throw new Error(`which of these is the sandbox? Name it with --task\n${listed}`);
  }

  /** The CIDs under which bundles are there. */
  programs(): string[] {
    return namesIn(this.executables).flatMap((name) => EXECUTABLE.exec(name)?.[1] ?? []);
  }

  /** The file of a bundle. @throws Error if it isn't there */
  executableOf(program: string): string {
    const file = path.join(this.executables, `${program}.js`);
    if (EXECUTABLE.test(`${program}.js`) && existsSync(file)) return file;
    throw new Error(`the node has no executables/${program}.js: start the sandbox task once`);
  }
}

function namesIn(directory: string): string[] {
  return existsSync(directory) ? readdirSync(directory) : [];
}
