import { expect } from 'chai';
import fc from 'fast-check';
import { DutyCycle } from '../../../src/mining/threads/duty-cycle';

describe('DutyCycle', () => {
  it('holds its percentage within 5 points, whatever the batches take and however late the timers are', () => {
    const batchMs = fc.double({ min: 1, max: 60, noNaN: true });
    const lateMs = fc.double({ min: 0, max: 15, noNaN: true });
    fc.assert(
      fc.property(
        fc.integer({ min: 5, max: 100 }),
        fc.array(fc.tuple(batchMs, lateMs), { minLength: 400, maxLength: 500 }),
        (percent, steps) => {
          const duty = new DutyCycle(percent);
          let workMs = 0;
          let restMs = 0;
          for (const [work, late] of steps) {
            workMs += work;
            const rest = duty.restAfter(work);
            if (rest > 0) {
              restMs += rest + late;
              duty.rested(rest + late);
            }
          }
          expect((100 * workMs) / (workMs + restMs)).to.be.closeTo(percent, 5);
        },
      ),
    );
  });

  it('never rests at 100 percent', () => {
    const duty = new DutyCycle();
    for (let i = 0; i < 100; i++) expect(duty.restAfter(50)).to.equal(0);
  });

  it('owes nothing from before its percentage was changed', () => {
    const duty = new DutyCycle(1);
    duty.restAfter(20);
    duty.percent = 100;
    expect(duty.restAfter(20)).to.equal(0);
  });

  it('makes up for no more than a few seconds of sleep', () => {
    const duty = new DutyCycle(50);
    duty.rested(3_600_000);
    let worked = 0;
    while (duty.restAfter(20) === 0) worked += 20;
    expect(worked).to.be.at.most(5100);
  });
});
