import { expect } from 'chai';
import { EXPECTED_WEBHOOKS, MAX_WEBHOOKS, parseWebhookUrls } from '../../src/notices/webhook-url';

describe('URLs of webhooks', () => {
  const names = (text: string): string[] => parseWebhookUrls(text).map(({ name }) => name);

  for (const url of [
    'https://ntfy.sh/topic',
    'https://user:password@ntfy.example/topic?auth=a,b',
    'https://user:100%25@ntfy.example/topic',
    'https://192.0.2.1/',
    'http://localhost:8080/hook',
    'http://127.0.0.1/hook',
    'http://10.1.2.3/hook',
    'http://172.31.0.1/hook',
    'http://192.168.1.5:2586/topic',
    'http://169.254.1.1/hook',
    'http://[::1]:80/hook',
    'http://[fd00::1]/hook',
    'http://[fe80::1]/hook',
  ]) {
    it(`are taken: ${url}`, () => {
      expect(parseWebhookUrls(url)).to.have.length(1);
    });
  }

  for (const url of [
    'http://ntfy.sh/topic',
    'http://miner.local/hook',
    'http://localhost.example/hook',
    'http://172.32.0.1/hook',
    'http://192.0.2.1/hook',
    'http://[2001:db8::1]/hook',
    'ftp://127.0.0.1/hook',
    'ntfy.sh/topic',
    'https://ntfy.sh/topic#part',
    'https://user:100%@ntfy.example/topic',
    'https://100%:password@ntfy.example/topic',
    'https://',
    'secret',
  ]) {
    it(`are refused, and not quoted: ${url}`, () => {
      expect(() => parseWebhookUrls(url))
        .to.throw(RangeError)
        .with.property('message', `URL of a webhook: expected ${EXPECTED_WEBHOOKS}`);
    });
  }

  it('are several with commas between them, each once, and a comma in one is its own', () => {
    expect(
      names('https://a.example/x,y, https://b.example:8443/ ,https://a.example/x,y,'),
    ).to.deep.equal(['a.example', 'b.example:8443']);
    expect(names('')).to.deep.equal([]);
  });

  it('are no more than eight', () => {
    const list = (count: number): string =>
      Array.from({ length: count }, (_, i) => `https://a.example/${i}`).join();
    expect(names(list(MAX_WEBHOOKS))).to.have.length(MAX_WEBHOOKS);
    expect(() => names(list(MAX_WEBHOOKS + 1))).to.throw(RangeError);
  });
});
