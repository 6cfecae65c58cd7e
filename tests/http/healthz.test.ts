import { expect } from 'chai';
import type { MiningState } from '../../src/http/routes/healthz';
import { restNow, StandaloneNode } from '../fixtures/standalone';
import { until as eventually } from '../fixtures/until';
import { describeProcesses } from '../runner/describe-processes';

const HOUR_MS = 3_600_000;

/** The time of day in a zone. */
function clockIn(timeZone: string | undefined, at: Date): string {
  const format = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;
  return at.toLocaleTimeString('en-GB', { ...format, ...(timeZone && { timeZone }) });
}

/** Two hours that ended three hours ago, by the clock of a zone. */
function hoursBefore(zone: string): string {
  const [from, to] = [5, 3].map((hours) => clockIn(zone, new Date(Date.now() - hours * HOUR_MS)));
  return `${from}-${to}`;
}

describeProcesses('the hours of a node', function () {
  this.timeout(60_000);
  let node: StandaloneNode | undefined;
  afterEach(() => node?.dispose());

  const start = async (variables: Record<string, string>): Promise<void> =>
    void (node = await StandaloneNode.start(variables));
  const standing = async (): Promise<MiningState> => {
    const { status, body } = await node!.ask('/healthz');
    expect([status, body.status]).to.deep.equal([200, 'healthy']);
    return body.mining;
  };

  it('says so by the clock of the zone that is named, and mines nothing', async () => {
    const zone = 'Asia/Tokyo';
    const hours = hoursBefore(zone);
    const [from] = hours.split('-');
    await start({ MINING_SCHEDULE: `${hours} asia/tokyo` });
    await node!.post('/task/7', {});
    const { state, schedule, until } = await standing();
    expect([state, schedule]).to.deep.equal(['outside the schedule', `${hours} ${zone}`]);
    expect(clockIn(zone, new Date(until!))).to.equal(from);
    expect(Date.parse(until!) - Date.now()).to.be.within(18 * HOUR_MS, 20 * HOUR_MS);
    expect(node!.output()).to.match(
      new RegExp(`outside ${hours}, now \\d\\d:\\d\\d ${zone}: resting until ${from}, then`),
    );
    await eventually(() => node!.output().includes('round 7 runs, at rest'));
    expect(node!.output()).not.to.include('mining round');
    expect((await node!.ask('/task/7')).body).to.include({ hash_rate: 0, valid_shares: 0 });
  });

  it("goes by the machine's clock where no zone is named, and shows which it is", async () => {
    const hours = restNow();
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    await start({ MINING_SCHEDULE: hours });
    expect((await standing()).schedule).to.equal(`${hours} ${zone}`);
    expect(node!.output()).to.match(
      new RegExp(`outside ${hours}, now \\d\\d:\\d\\d ${zone}: resting until ${hours.slice(0, 5)}`),
    );
  });

  it('says once what its owner changes', async () => {
    await start({});
    await node!.post('/task/7', {});
    const headers = node!.ownersHeaders;
    const allow = async (hours: string | null): Promise<MiningState> => {
      const json = { MINING_SCHEDULE: hours, LOG_LEVEL: 'info' };
      await node!.ask('/settings', { method: 'PUT', headers, json });
      return standing();
    };
    const order = (action: string): Promise<Response> =>
      fetch(`${node!.url}/dashboard/control`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify({ action }),
      });
    const hours = hoursBefore('UTC');
    for (let times = 0; times < 2; times++) {
      expect(await allow(`${hours} UTC`)).to.include({ state: 'outside the schedule' });
    }
    await order('pause');
    expect(await standing()).to.include({ state: 'paused', until: null });
    await order('resume');
    expect(await allow(null)).to.deep.equal({ state: 'mining', schedule: null, until: null });
    const told = node!.output().match(/(?<=INFO: )[^\n]*now [^\n]*/g)!;
    const [from] = hours.split('-');
    expect(told.map((line) => line.replace(/now \d\d:\d\d \S+:/, 'now:'))).to.deep.equal([
      `outside ${hours}, now: resting until ${from}, then mining at 20 %`,
      'paused by the owner, now: resting until resumed, then mining at 20 %',
      `resumed by the owner, outside ${hours}, now: resting until ${from}, then mining at 20 %`,
      'now: mining at 20 %',
    ]);
  });
});
