import { expect } from 'chai';
import { ProcessUsage } from '../../src/process/usage';
import { until } from '../fixtures/until';

const READ_MS = 100;

describe('ProcessUsage', () => {
  it('tells the same of the CPU to all who ask between two readings, however often', async () => {
    const usage = new ProcessUsage(READ_MS);
    const busyUntil = performance.now() + READ_MS;
    while (performance.now() < busyUntil) JSON.stringify(process.versions);
    await until(() => usage.cpuRatio > 0);
    const told = Array.from({ length: 5 }, () => usage.cpuRatio);
    expect(told[0]).to.be.greaterThan(0);
    expect(new Set(told).size).to.equal(1);
  });

  it('knows no rate before its second reading, and always the memory and the time', () => {
    const usage = new ProcessUsage();
    expect(usage.cpuRatio).to.equal(0);
    expect(usage.memoryBytes).to.be.greaterThan(2 ** 20);
    expect(usage.uptimeS).to.be.greaterThan(0);
  });
});
