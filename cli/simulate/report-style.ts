/** The style of a run's page. */
export const STYLE = `
:root { color-scheme: light dark; --line: light-dark(#dfe4ea, #2a323d); --muted: light-dark(#55626f, #9dabba);
  --good: light-dark(#1a7a43, #4cc38a); --bad: light-dark(#b42318, #ff8a7a); --accent: light-dark(#0b63c1, #4aa8ff); }
body { margin: 0 auto; padding: 1.5rem clamp(0.75rem, 3vw, 2rem) 4rem; max-width: 76rem;
  background: light-dark(#fff, #0d1117); color: light-dark(#17202a, #e6ebf1);
  font: 0.9375rem/1.45 system-ui, sans-serif; font-variant-numeric: tabular-nums; }
h1, p, summary { overflow-wrap: anywhere; } h1 { font-size: 1.375rem; } h2 { margin: 2rem 0 0.5rem; font-size: 1.0625rem; }
.verdict { padding: 0.6rem 0.9rem; border: 1px solid currentcolor; border-radius: 0.6rem; }
.verdict ul { margin: 0.3rem 0 0; padding-left: 1.2rem; overflow-wrap: anywhere; }
.good { color: var(--good); } .bad { color: var(--bad); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.15rem 1rem; font-size: 0.875rem; }
dt { color: var(--muted); } dd { margin: 0; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; margin: 0.5rem 0; }
table { width: 100%; border-collapse: collapse; font-size: 0.8125rem; }
th, td { padding: 0.35rem 0.8rem 0.35rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
thead th { color: var(--muted); font-weight: 500; } th { white-space: nowrap; }
.number { text-align: right; white-space: nowrap; }
code, pre { font: 0.75rem/1.4 ui-monospace, monospace; overflow-wrap: anywhere; }
.key { white-space: nowrap; } .text, td details code { display: block; min-width: 14rem; overflow-wrap: anywhere; }
pre { overflow: auto; max-height: 30rem; padding: 0.75rem; border: 1px solid var(--line); border-radius: 0.5rem; }
figure { margin: 1.25rem 0; } figcaption { margin-bottom: 0.5rem; color: var(--muted); font-size: 0.8125rem; }
svg { display: block; max-width: 45rem; } figure svg { min-width: 34rem; } svg text { font-size: 12px; fill: currentcolor; }
svg .done { fill: light-dark(#9aa5b1, #5d6875); } svg .proven { fill: var(--accent); }
.swatch { display: inline-block; width: 0.65rem; margin-right: 0.4rem; }
summary { cursor: pointer; } body > details { margin: 0.75rem 0; padding: 0.6rem 0.9rem; border: 1px solid var(--line); border-radius: 0.6rem; }
body > details > summary { font-weight: 600; }
@media (max-width: 40rem) { .key { display: inline-block; max-width: 7rem; overflow: hidden; text-overflow: ellipsis; } }
`;
