import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import bs58 from 'bs58';
import { expect } from 'chai';
import { Recorder, withoutSecrets, type RecordedCall } from '../../src/koii/recorder';
import { until } from '../fixtures/until';

const SECRET = 'nodesecret0123456789';
const KEY = bs58.encode(Uint8Array.from({ length: 64 }, (_, i) => i + 100));

describe('recorded calls of the node', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(path.join(os.tmpdir(), 'recorder-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('hold no secrets, in any form', () => {
    const bytes = Object.fromEntries(Array.from({ length: 64 }, (_, i) => [i, i]));
    const dirty = {
      secret: 'a',
      _keypair: { publicKey: [1], secretKey: bytes },
      other: bytes,
      list: Array.from({ length: 64 }, () => 7),
      privateKey: KEY,
      mnemonic: 'word word',
      text: `a ${KEY} b ${SECRET} c ${'0f'.repeat(64)}`,
      path: '/home/ann/.config/KOII-Desktop-Node and C:\\Users\\ann\\AppData',
      mac: '/Users/ann/Library',
      url: 'https://ann:pass@rpc.example/?token=0123abcd',
      error: new Error(`failed in /home/ann with ${SECRET}`),
    };
    const clean = JSON.stringify(withoutSecrets(dirty, [SECRET]));
    for (const hidden of [
      KEY,
      SECRET,
      'ann',
      'word',
      'pass',
      '0f0f',
      '0123abcd',
      '[7,7',
      '"5":5',
    ]) {
      expect(clean, hidden).not.to.include(hidden);
    }
    expect(clean).to.include('/home/user/.config/KOII-Desktop-Node');
    expect(clean).to.include('https://[removed]@rpc.example');
  });

  it('hold all that is on the chain as it is', () => {
    const state = {
      submissions: { 7: { [KEY.slice(0, 44)]: { submission_value: 'Ab_-'.repeat(124), slot: 5 } } },
      token_type: null,
      stake_list: { [KEY.slice(0, 43)]: 1_900_000_000 },
      votes: [{ is_valid: true }],
    };
    expect(withoutSecrets(state, [SECRET])).to.deep.equal(state);
  });

  it('are lines of JSON, those before the file is known too, answers and failures', async () => {
    const file = path.join(folder, 'calls.jsonl');
    const recorder = new Recorder([SECRET]);
    const sdk = {
      getSlot: () => Promise.resolve<unknown>(12),
      getTaskSubmissionInfo: (round: unknown) =>
        Promise.reject<unknown>(new Error(`no answer for ${String(round)}`)),
      getSubmitterAccount: () => Promise.resolve<unknown>({ anything: KEY }),
    };
    recorder.follow(sdk);
    expect(await sdk.getSlot()).to.equal(12);
    const failed = await sdk.getTaskSubmissionInfo(7).catch((error: unknown) => error);
    expect(failed).to.have.property('message', 'no answer for 7');
    recorder.writeTo(file);
    await sdk.getSubmitterAccount();
    const lines = () => (existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : []);
    await until(() => lines().length === 3);
    const calls = lines().map((line) => JSON.parse(line) as RecordedCall);
    expect(calls.map(({ method, args, response }) => [method, args, response])).to.deep.equal([
      ['getCurrentSlot', [], 12],
      ['getTaskSubmissionInfo', [7], { error: { error: 'no answer for 7' } }],
      ['getSubmitterAccount', [], '[removed]'],
    ]);
    expect(calls.every(({ at }) => Math.abs(Date.now() - at) < 60_000)).to.equal(true);
    expect(statSync(file).mode & 0o077).to.equal(process.platform === 'win32' ? 0o066 : 0);
  });

  it('are bounded: long ones lose their contents, and a full file takes no more', async () => {
    const file = path.join(folder, 'calls.jsonl');
    writeFileSync(file, 'x'.repeat(32 * 2 ** 20 - 400) + '\n');
    const before = statSync(file).size;
    const recorder = new Recorder([]);
    const sdk = { getTaskState: () => Promise.resolve<unknown>({ text: 'y'.repeat(300_000) }) };
    recorder.follow(sdk);
    recorder.writeTo(file);
    for (let i = 0; i < 10; i++) await sdk.getTaskState();
    await until(() => statSync(file).size > before + 150);
    expect(statSync(file).size).to.be.at.most(32 * 2 ** 20);
    expect(readFileSync(file, 'utf8').slice(before)).to.include('"response":"[too long]"');
  });
});
