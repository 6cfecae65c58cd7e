import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { rehearse } from '../../../cli/preflight/create-task-cli';
import { lineOf } from '../../../cli/preflight/finding';

/** As the real one does: what is wrong goes to stderr in its colour, and the process ends with status 0. */
const VALIDATION = `
  exports.default = async (metadata, task) => {
    const wrong = {};
    if (typeof metadata.createdAt !== 'number' || !task.task_audit_program_id) wrong.own = 'Missing';
    if (task.space > 50) wrong.space = 'too much';
    if (task.space === 0) throw new Error('it broke');
    if (Object.keys(wrong).length === 0) return;
    console.error('\\x1b[31m', 'ERROR ' + JSON.stringify(wrong));
    process.exit();
  };
`;

describe('a rehearsal with the validation of create-task-cli', () => {
  let folder: string;

  before(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'preflight-'));
    const home = path.join(folder, '@_koii/create-task-cli');
    mkdirSync(path.join(home, 'build/utils'), { recursive: true });
    writeFileSync(path.join(home, 'package.json'), '{ "version": "9.8.7" }');
    writeFileSync(path.join(home, 'build/utils/validate.js'), VALIDATION);
  });

  after(() => rmSync(folder, { recursive: true }));

  const lineWith = async (space: number): Promise<string> =>
    lineOf(await rehearse({ space }, [path.join(folder, 'elsewhere'), folder]));

  it('says that it accepts the fields, and which version it is', async () => {
    expect(await lineWith(10)).to.match(/^PASS create-task-cli: 9\.8\.7 accepts/);
  });

  it('says what it refuses', async () => {
    expect(await lineWith(60)).to.match(/^FAIL create-task-cli: 9\.8\.7 .*\{"space":"too much"\}/);
  });

  it('says that it can’t be run, and whose rules were used', async () => {
    expect(await lineWith(0)).to.match(/^WARN create-task-cli: 9\.8\.7 .*it broke.*1\.1\.14/);
  });

  it('says which copy of its rules was used where it is not installed', async () => {
    expect(lineOf(await rehearse({}, [path.join(folder, 'elsewhere')]))).to.match(
      /^WARN create-task-cli: not installed, .* rules of create-task-cli 1\.1\.14/,
    );
  });
});
