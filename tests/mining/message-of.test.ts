import { expect } from 'chai';
import { messageOf } from '../../src/mining/message-of';

describe('an error in words', () => {
  it('is what it says, or what else was thrown', () => {
    expect(messageOf(new RangeError('too long'))).to.equal('too long');
    expect([messageOf('no room'), messageOf(undefined)]).to.deep.equal(['no room', 'undefined']);
  });
});
