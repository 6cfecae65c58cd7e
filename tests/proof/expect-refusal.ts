import { expect } from 'chai';
import type { Verdict } from '../../src/proof/verify';

/** Expects a refusal that says why. */
export function expectRefusal(verdict: Verdict, reason = /./): void {
  expect(verdict.valid).to.equal(false);
  expect(verdict).to.have.all.keys('valid', 'reason');
  expect(verdict).to.have.property('reason').that.matches(reason);
}
