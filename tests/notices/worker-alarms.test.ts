import { expect } from 'chai';
import { WorkerAlarms } from '../../src/notices/worker-alarms';

const MINUTE = 6;
const HOUR = 60 * MINUTE;

describe('WorkerAlarms', () => {
  let workers: { id: string; accepted: number }[];
  let miner: { miningRound: number | undefined };
  let told: string[];
  let isAlarmed: boolean;
  let alarms: WorkerAlarms;
  beforeEach(() => {
    [workers, miner, told, isAlarmed] = [[], { miningRound: 7 }, [], false];
    alarms = new WorkerAlarms(
      {
        workers: { list: () => workers },
        miner,
        notices: {
          alarm: (event, { message }) => {
            if (!isAlarmed) told.push(`${event}: ${message.split(', though')[0]}`);
            isAlarmed = true;
          },
          well: (event, message) => {
            if (isAlarmed) told.push(`${event}: ${message}`);
            isAlarmed = false;
          },
        },
      },
      10_000,
    );
  });

  /** @param looks checks, ten seconds apart, before each of which these workers have a share */
  const pass = (looks: number, ...mining: string[]): void => {
    for (let i = 0; i < looks; i++) {
      for (const id of mining) {
        const known = workers.find((worker) => worker.id === id);
        if (known) known.accepted++;
        else workers.push({ id, accepted: 1 });
      }
      alarms.look();
    }
  };

  it('tell of workers that mined steadily and have had no share for a quarter of an hour, and when they are back', () => {
    pass(HOUR, 'rig1', 'rig2');
    pass(15 * MINUTE - 1);
    expect(told).to.deep.equal([]);
    pass(2);
    expect(told).to.deep.equal([
      'worker: Workers rig1, rig2 have sent no share for a quarter of an hour',
    ]);
    pass(1, 'rig1');
    expect(told).to.have.length(1);
    pass(1, 'rig1', 'rig2');
    expect(told[1]).to.equal('worker: Workers rig1, rig2 mine again');
  });

  it('miss nobody that never mined steadily', () => {
    pass(4 * MINUTE, 'visitor');
    workers.push({ id: 'of the time before', accepted: 1_000_000 });
    pass(3 * HOUR);
    expect(told).to.deep.equal([]);
  });

  it('miss nobody while no round is mined', () => {
    pass(HOUR, 'rig1');
    miner.miningRound = undefined;
    pass(3 * HOUR);
    miner.miningRound = 8;
    pass(14 * MINUTE);
    expect(told).to.deep.equal([]);
  });

  it('wait for nobody longer than two hours more', () => {
    pass(HOUR, 'rig1', 'rig2');
    pass(HOUR, 'rig2');
    pass(3 * HOUR, 'rig2');
    pass(3 * HOUR, 'rig2');
    expect(told).to.deep.equal([
      'worker: Worker rig1 has sent no share for a quarter of an hour',
      'worker: Worker rig1 is no longer waited for',
    ]);
  });

  it('wait for nobody whose place went to another', () => {
    pass(HOUR, 'rig1');
    pass(20 * MINUTE);
    workers = [];
    pass(1);
    expect(told[1]).to.equal('worker: Worker rig1 is no longer waited for');
  });

  it('end an alarm of an earlier process once workers mine steadily', () => {
    isAlarmed = true;
    pass(4 * MINUTE, 'rig1');
    expect(told).to.deep.equal([]);
    pass(2 * MINUTE, 'rig1');
    expect(told).to.deep.equal(['worker: Workers mine steadily']);
  });

  it('name five at most, with nothing in their names that could mean more', () => {
    pass(HOUR, '<!channel> @all', ...['a', 'b', 'c', 'd', 'e', 'f'].map((id) => id.repeat(99)));
    pass(20 * MINUTE);
    const long = ['a', 'b', 'c', 'd'].map((id) => id.repeat(24)).join(', ');
    expect(told[0]).to.equal(
      `worker: Workers ??channel???all, ${long}, 2 more have sent no share for a quarter of an hour`,
    );
  });
});
