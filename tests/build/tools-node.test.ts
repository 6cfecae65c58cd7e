import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';
import { expect } from 'chai';
import { scripts } from '../../package.json';
import { node18 } from '../fixtures/node18';

const ROOT = path.join(__dirname, '../..');
const require = createRequire(__filename);
const CHECK = './build/tools-node.js';

describe('the tools, on a Node that is too old for them', function () {
  this.timeout(60_000);
  const tsx = require.resolve('tsx/cli');
  const tools: [string, string[]][] = [
    ['the build', [require.resolve('webpack/bin/webpack.js')]],
    ['what runs from source', [tsx, '-r', CHECK, 'cli/worker.ts', '--id', 'rig1']],
  ];
  for (const [what, args] of tools) {
    it(`say so on one line and end: ${what}`, function () {
      if (node18() === process.execPath) this.skip();
      const { status, stdout, stderr } = spawnSync(node18(), args, { cwd: ROOT, encoding: 'utf8' });
      expect(stdout + stderr).to.match(
        /^This needs Node 20 or later, and is run with v18\.12\.\d+; the bundle .* runs on 18\.12 or later\.\n$/,
      );
      expect(status).to.equal(1);
    });
  }

  it('are asked by every script that runs them', () => {
    const asks = new RegExp(
      `^((tsx|mocha) -r ${CHECK} |webpack|npm run (--silent build|simulate|typecheck))`,
    );
    for (const [name, command] of Object.entries<string>(scripts)) {
      if (/tsx|mocha|webpack/.test(command)) expect(command, name).to.match(asks);
    }
  });

  it('are content with this one', () => {
    expect(spawnSync(process.execPath, ['-r', CHECK, '-e', ''], { cwd: ROOT }).status).to.equal(0);
  });
});
