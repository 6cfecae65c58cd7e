import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { LoneTask } from '../fixtures/lone-task';
import { describeProcesses } from '../runner/describe-processes';
import { bundleFor, unpackedIn, type Variants } from './bundles';
import { expectNativeRound, minesOn } from './round';
import { Wine } from './wine';

const WINE_TASK = path.join(__dirname, 'wine-task.js');
const START_MS = 60_000;

// Koii's desktop app runs tasks in Electron's executable, where an addon finds Node-API under another name.
for (const name of ['node.exe', 'electron.exe'] as const) {
  describeProcesses(`win32-x64, under Wine in Node 18 as ${name}`, function () {
    this.timeout(3 * START_MS);
    let wine: Wine;
    before(async () => {
      wine = new Wine(name);
      await wine.boot();
    });
    after(() => wine?.dispose());
    beforeEach(() => unpacked().forEach((file) => rmSync(file)));

    const unpacked = (): string[] => unpackedIn(wine.folder, 'win32-x64');

    it('passes the known answers with every native hash loop that this CPU can run', async () => {
      const onLinux = execFileSync(process.execPath, [await bundleFor('linux-x64', 'variants')], {
        cwd: wine.folder,
        encoding: 'utf8',
      });
      const { variants } = JSON.parse(onLinux) as Variants;
      const output = await wine.output(await bundleFor('win32-x64', 'variants'));
      const chosen = JSON.parse(output) as Variants;
      expect(chosen).to.deep.include({ backend: 'native', variants, said: [] });
    });

    it("loads them from the user's profile, wherever it runs", async () => {
      const output = await wine.output(await bundleFor('win32-x64', 'variants'), wine.folder);
      expect(JSON.parse(output)).to.deep.include({ backend: 'native', said: [] });
      expect(unpacked()).to.have.length(1);
      expect(unpacked()[0])
        .to.include(`${wine.profile}/`)
        .and.match(/orca-native-\w+\/[^/]+$/);
    });

    describe('as a task', () => {
      let task: LoneTask;
      beforeEach(() => (task = new LoneTask()));
      afterEach(() => task.dispose());

      const start = async (variables: Record<string, string> = {}): Promise<void> => {
        const bundle = await bundleFor('win32-x64', 'task');
        await task.start(WINE_TASK, { ...wine.taskVariables(bundle), ...variables });
      };

      it('mines a round with native code, and its proof is valid', async () => {
        await start();
        await expectNativeRound(task, START_MS);
        expect(unpacked()).to.have.length(1);
      });

      it('writes no native code with MINING_BACKEND=wasm-simd', async () => {
        await start({ MINING_BACKEND: 'wasm-simd' });
        await minesOn(task, 'wasm-simd', START_MS);
        expect([...unpacked(), ...unpackedIn(task.directory, 'win32-x64')]).to.deep.equal([]);
      });
    });
  });
}
