import os from 'node:os';
import { expect } from 'chai';
import { hasRebootedSince, thisMoment } from '../../../cli/rehearse/boot';

const HOUR_MS = 3_600_000;
const NOON = Date.UTC(2026, 0, 1, 12);

describe('whether the machine was started anew', () => {
  it('is no in the same boot, and yes for a moment before it', () => {
    expect(hasRebootedSince(thisMoment())).to.equal(false);
    const before = Date.now() - os.uptime() * 1000 - HOUR_MS;
    expect(hasRebootedSince({ atMs: before, boot: null })).to.equal(true);
  });

  it('is told by the names of boots alone where there are any, whatever the clock was set to', () => {
    const moment = { atMs: NOON, boot: 'a' };
    for (const beganAtMs of [NOON - HOUR_MS, NOON + HOUR_MS]) {
      expect(hasRebootedSince(moment, { name: 'a', beganAtMs })).to.equal(false);
      expect(hasRebootedSince(moment, { name: 'b', beganAtMs })).to.equal(true);
    }
  });

  it('is no without names after a correction of the clock, forward by less than the machine was up', () => {
    const at = (beganAtMs: number) =>
      hasRebootedSince({ atMs: NOON, boot: null }, { name: null, beganAtMs });
    const wasUpMs = 2 * HOUR_MS;
    for (const correctedMs of [-24 * HOUR_MS, -60_000, 0, 60_000, HOUR_MS, wasUpMs]) {
      expect(at(NOON - wasUpMs + correctedMs), `${correctedMs} ms`).to.equal(false);
    }
    expect(at(NOON + 5_000), 'within the slack').to.equal(false);
    expect(at(NOON + 60_000), 'a boot a minute later').to.equal(true);
  });
});
