package httpapi

// policyStyle is what the page looks like, by day, by night and on paper.
const policyStyle = `
:root{color-scheme:light dark;--bg:#fff;--ink:#1b1f24;--soft:#59626d;--line:#e1e5ea;--raised:#f6f8fa;--accent:#0b5cad;--mark:#8a5300}
@media(prefers-color-scheme:dark){:root{--bg:#0f1318;--ink:#e4e8ed;--soft:#9aa5b1;--line:#2a313a;--raised:#171d24;--accent:#79b8ff;--mark:#e8b55f}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:17px/1.62 system-ui,-apple-system,"Segoe UI",sans-serif}
main{max-width:46rem;margin:0 auto;padding:3.5rem 1.25rem 6rem}
h1{font-size:2.1rem;line-height:1.15;letter-spacing:-.015em;margin:0 0 1rem;text-wrap:balance}
h2{font-size:1.32rem;line-height:1.3;margin:3.2rem 0 .6rem;letter-spacing:-.005em}
h3{font-size:1.02rem;margin:2.2rem 0 .1rem}
p,ul,dl{margin:.7rem 0}
.lead{font-size:1.16rem;line-height:1.55}
.by{border-left:3px solid var(--line);padding:.1rem 0 .1rem .9rem}
a{color:var(--accent);text-underline-offset:.15em;text-decoration-thickness:1px}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
nav ol{columns:2;column-gap:2rem;padding-left:1.4rem;margin:1.8rem 0 0;font-size:.94rem;color:var(--soft)}nav li{break-inside:avoid;padding:.08rem 0}
ul{padding-left:1.2rem}li{margin:.35rem 0}nav li{margin:0}
dt{font-weight:650;margin-top:.9rem}dt small{font-weight:400;color:var(--soft);margin-left:.4rem}dd{margin:.1rem 0 0}
code{font:.9em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;background:var(--raised);padding:.08em .3em;border-radius:4px}
table{border-collapse:collapse;width:100%;font-size:.84rem;line-height:1.45;margin:.9rem 0}
th{text-align:left;font-weight:600;color:var(--soft);white-space:nowrap}
th,td{padding:.42rem 1rem .42rem 0;border-bottom:1px solid var(--line);vertical-align:top;overflow-wrap:anywhere}
th:last-child,td:last-child{padding-right:0}
.wide td:first-child{width:32%}.class td:first-child{width:30%}.class td:last-child{width:28%}
small,.kept{color:var(--soft)}
.personal{color:var(--mark);border:1px solid currentcolor;border-radius:99px;padding:0 .45em;font-size:.72em;line-height:1.5;white-space:nowrap;display:inline-block;vertical-align:.08em}
.class p{margin:.1rem 0 .4rem;font-size:.9rem}
footer{margin-top:4rem;border-top:1px solid var(--line);color:var(--soft);font-size:.9rem}
section:target>h2,section:target>h3{color:var(--accent)}
@media(max-width:34rem){body{font-size:16px}main{padding-top:2rem}nav ol{columns:1}h1{font-size:1.75rem}th,td{padding-right:.6rem}}
@media print{body{font-size:10pt}main{max-width:none;padding:0}nav{display:none}h2,h3{break-after:avoid}tr,li{break-inside:avoid}a{color:inherit;text-decoration:none}thead{display:table-header-group}@page{margin:18mm}}
`
