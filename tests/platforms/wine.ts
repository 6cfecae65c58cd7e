import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { foreignNode } from '../fixtures/foreign-node';

// Debian's wine64 alone puts nothing in the PATH.
const FOLDERS = [...(process.env['PATH'] ?? '').split(path.delimiter), '/usr/lib/wine'];

/** A Windows with Node 18 in a temporary folder, run by Wine. */
export class Wine {
  private readonly wine = program('wine64');
  readonly folder = mkdtempSync(path.join(os.tmpdir(), 'wine-'));
  /** node.exe, or what else it is called. */
  readonly node: string;

  /** @throws Error that says what to install when there is no Wine. */
  constructor(nodeName: 'node.exe' | 'electron.exe') {
    this.node = path.join(this.folder, nodeName);
    copyFileSync(foreignNode('win32-x64'), this.node);
  }

  /** Sets Windows up. Node 18 refuses to run on the version that Wine is by default. */
  async boot(): Promise<void> {
    await this.run(['wineboot', '-i']);
    await this.run(['reg', 'add', 'HKCU\\Software\\Wine', '/v', 'Version', '/d', 'win10', '/f']);
  }

  /** The user's own folder, where Windows lets nobody else write. */
  get profile(): string {
    return path.join(this.folder, 'prefix/drive_c/users', os.userInfo().username);
  }

  /** The output of a program in Windows' Node, which runs in a folder, by default the user's. */
  output(file: string, cwd = this.profile): Promise<string> {
    // Z is the root of Linux; without it, the path would be one on the drive of the folder.
    return this.run([this.node, `Z:${file}`], cwd);
  }

  /** What wine-task.js needs to start a bundle as a task. */
  taskVariables(bundle: string): Record<string, string> {
    const { wine, node, variables } = this;
    return { ...variables, WINE: wine, WINDOWS_NODE: node, BUNDLE: bundle };
  }

  /** Ends all that runs in it. */
  async dispose(): Promise<void> {
    const server = spawn(program('wineserver'), ['-k', '-w'], { env: this.variables });
    await once(server, 'exit');
    rmSync(this.folder, { recursive: true, force: true });
  }

  private get variables(): Record<string, string> {
    // Debian's Wine leaves a folder among the temporary files.
    return { WINEPREFIX: path.join(this.folder, 'prefix'), WINEDEBUG: '-all', TMPDIR: this.folder };
  }

  /** Through a file: under Wine, Node can't write to a pipe of Linux. */
  private async run(args: string[], cwd = this.folder): Promise<string> {
    const outputPath = path.join(this.folder, 'output.txt');
    const output = openSync(outputPath, 'w');
    const env = { PATH: process.env['PATH'], ...this.variables };
    const child = spawn(this.wine, args, { cwd, env, stdio: ['ignore', output, output] });
    closeSync(output);
    const [code] = (await once(child, 'exit')) as [number | null];
    const text = readFileSync(outputPath, 'utf8');
    if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${text}`);
    return text;
  }
}

function program(name: string): string {
  const file = FOLDERS.map((folder) => path.join(folder, name)).find((each) => existsSync(each));
  if (file) return file;
  throw new Error(`no ${name} here: apt-get install -y --no-install-recommends wine64`);
}
