import { expect } from 'chai';
import { parseRpcUrl, parseRpcUrls } from '../../src/bitcoin-node/rpc-url';

describe('the URLs of Bitcoin nodes', () => {
  it('are read with user and password decoded', () => {
    expect(parseRpcUrl('http://us%40er:p%2Fa%3A%20b@127.0.0.1:8332')).to.deep.equal({
      name: '127.0.0.1:8332',
      isEncrypted: false,
      host: '127.0.0.1',
      port: 8332,
      path: '/',
      credentials: 'us@er:p/a: b',
    });
    expect(parseRpcUrl('https://node.example/secret-path?key=1')).to.deep.equal({
      name: 'node.example:443',
      isEncrypted: true,
      host: 'node.example',
      port: 443,
      path: '/secret-path?key=1',
      credentials: undefined,
    });
    expect(parseRpcUrl('http://[::1]:18443')).to.include({ name: '[::1]:18443', host: '::1' });
  });

  it('stand between commas, of which a password may have some', () => {
    const names = (text: string) => parseRpcUrls(text).map(({ name }) => name);
    expect(names('http://a:1, https://u:p,q@b:2 ,')).to.deep.equal(['a:1', 'b:2']);
    expect(parseRpcUrls('http://u:p,q@b:2')[0]?.credentials).to.equal('u:p,q');
  });

  it('are refused with what was expected, and never quoted', () => {
    for (const text of [
      '',
      ' , ',
      'user:secret@127.0.0.1:8332',
      'ftp://user:secret@127.0.0.1',
      'http://user:secret@127.0.0.1:99999',
      'http://user:secret#x@127.0.0.1:8332',
      'http://user:secret%zz@127.0.0.1:8332',
      'http://a:1,secret',
    ]) {
      expect(() => parseRpcUrls(text), text)
        .to.throw(RangeError, /expected http:\/\/user:password@127\.0\.0\.1:8332/)
        .with.property('stack')
        .that.does.not.include('secret');
    }
  });
});
