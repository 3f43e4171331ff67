package manage

// referenceStyle is what the reference looks like, by day and by night.
const referenceStyle = `
:root{color-scheme:light dark;--bg:#fff;--ink:#1b1f24;--soft:#59626d;--line:#e1e5ea;--raised:#f6f8fa;--accent:#0b5cad;--get:#0b6e4f;--post:#0b5cad;--put:#8a5300;--patch:#8a5300;--delete:#b3261e;--yes:#0b6e4f}
@media(prefers-color-scheme:dark){:root{--bg:#0f1318;--ink:#e4e8ed;--soft:#9aa5b1;--line:#2a313a;--raised:#171d24;--accent:#79b8ff;--get:#6cd3a6;--post:#79b8ff;--put:#e8b55f;--patch:#e8b55f;--delete:#ff8a80;--yes:#6cd3a6}}
*{box-sizing:border-box}
html{scroll-padding-top:1rem}
body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.6 system-ui,sans-serif;display:grid;grid-template-columns:19rem minmax(0,1fr)}
a{color:var(--accent);text-decoration:none}a:hover{text-decoration:underline}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
.skip{position:absolute;left:-99rem}.skip:focus{left:1rem;top:1rem;background:var(--bg);padding:.5rem}
nav{position:sticky;top:0;height:100vh;overflow:auto;padding:1.2rem 1rem 3rem 1.2rem;border-right:1px solid var(--line);font-size:13px;background:var(--raised)}
nav .brand{font-size:1.25rem;font-weight:650;margin:0 0 .6rem}nav .brand a{color:inherit}
nav h3{font-size:12px;margin:1.1rem 0 .2rem}nav h3 a{color:var(--soft)}
nav ul{list-style:none;margin:0;padding:0}nav li a{display:flex;gap:.45rem;padding:.16rem .3rem;border-radius:5px;color:inherit;line-height:1.35}nav li a:hover{background:var(--line);text-decoration:none}
nav .m{flex:0 0 2.6rem;font-size:10px;padding-top:.15rem;text-align:right}
main{padding:1.6rem 2.4rem 6rem;max-width:86rem}
h1{font-size:1.9rem;line-height:1.2;margin:.2rem 0 .4rem}
h2{font-size:1.4rem;margin:3.2rem 0 .2rem;padding-top:1rem;border-top:1px solid var(--line)}
main>p{max-width:50rem;margin:.55rem 0}
.links a{margin-right:1.2rem}
article{margin:1.4rem 0 2.6rem;scroll-margin-top:1rem}
article h3{font-size:1.08rem;margin:0 0 .2rem}
.here{color:var(--soft);opacity:0}article:hover .here,.here:focus{opacity:1}
article:target h3{color:var(--accent)}
.route{margin:.1rem 0 .7rem;font-size:14px;overflow-wrap:anywhere}.route i{color:var(--soft)}
.m{font:700 12px/1.5 ui-monospace,monospace;letter-spacing:.02em}
.GET{color:var(--get)}.POST{color:var(--post)}.PUT{color:var(--put)}.PATCH{color:var(--patch)}.DELETE{color:var(--delete)}
code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:.88em}
.two{display:grid;grid-template-columns:minmax(0,1fr) minmax(0,1fr);gap:1.8rem;align-items:start}
.two p{margin:.1rem 0 .7rem}
.may{font-size:13px}.may span{border:1px solid var(--line);border-radius:99px;padding:.06rem .55rem;color:var(--soft);white-space:nowrap;display:inline-block;margin:.1rem 0}
.refused{font-size:13px;color:var(--soft)}
table{border-collapse:collapse;width:100%;font-size:13px;margin:.4rem 0 .9rem}
th{white-space:nowrap;text-align:left;font-weight:600;color:var(--soft);font-size:12px}
th,td{padding:.32rem .8rem .32rem 0;border-bottom:1px solid var(--line);vertical-align:top;overflow-wrap:anywhere}
td:first-child,article td:nth-child(2){white-space:nowrap}
details td:first-child,details td:nth-child(2){white-space:normal}
sup{color:var(--delete);line-height:0}
.wide{overflow-x:auto}.who{width:auto}.who td:nth-child(n+3),.who th:nth-child(n+3){text-align:center;padding:.32rem .7rem}
.yes{color:var(--yes);font-weight:700}.no{color:var(--soft)}
tr:target td{background:var(--raised)}
details{margin:.2rem 0 .6rem}summary{cursor:pointer;font-size:13px;font-weight:600}
figure{margin:0 0 .8rem;border:1px solid var(--line);border-radius:8px;overflow:hidden;background:var(--raised)}
figcaption{font-size:12px;color:var(--soft);padding:.3rem .8rem;border-bottom:1px solid var(--line)}
pre{margin:0;padding:.7rem .8rem;overflow:auto;max-height:26rem;line-height:1.5;font-size:12.5px}
@media(max-width:1100px){.two{grid-template-columns:minmax(0,1fr);gap:.4rem}}
@media(max-width:800px){body{display:block}nav{position:static;height:auto;max-height:45vh;border-right:0;border-bottom:1px solid var(--line)}main{padding:1rem}}
@media print{nav{display:none}body{display:block}}
`
