/*! backpropd's dashboard. It contains uPlot:

The MIT License (MIT)

Copyright (c) 2022 Leon Sorokin

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in
all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN
THE SOFTWARE.
*/
var Cn=class extends Error{},co=class extends Error{constructor(t,l){super(l?.detail||l?.title||`The server answered ${t}`),this.status=t}};async function ln(e,t={}){
let{answer:l,body:n}=await ia(e,t);if(!l.ok)throw new co(l.status,n);if(n===void 0)throw new Cn(`${e} did not answer with JSON`);return n}async function ia(e,t){
try{let l=AbortSignal.timeout(8e3),n=await fetch(e,{cache:"no-store",signal:l,...t}),r=await n.text();return{answer:n,body:aa(r)}}catch(l){throw new Cn(l.message)}}
function aa(e){try{return JSON.parse(e)}catch{return}}function bl(e){let t=Object.entries(e).filter(([,l])=>l!=null);return t.length===0?"":`?${new URLSearchParams(
t)}`}var Er=e=>`/v1/jobs/${encodeURIComponent(e)}`,Ar={info:()=>ln("/v1/info"),models:(e={})=>ln(`/v1/models${bl(e)}`),datasets:(e={})=>ln(`/v1/datasets${bl(e)}`),
jobs:(e={})=>ln(`/v1/jobs${bl(e)}`),job:e=>ln(Er(e)),metrics:(e,t)=>ln(`${Er(e)}/metrics${bl(t)}`),act:e=>ln(e,{method:"POST"})};var Pr=["train_loss","validation_loss"];function ca(e,t){if(e.length<=t*4)return e;let l=e[0].epoch,n=e[e.length-1].epoch-l+1,r=new Set([0,e.length-1]),c=0;for(;c<
e.length;){let u=Lr(e[c],l,n,t),f=c+1;for(;f<e.length&&Lr(e[f],l,n,t)===u;)f++;for(let p of Pr)ua(e,c,f,p,r);c=f}return[...r].sort((u,f)=>u-f).map(u=>e[u])}function Lr(e,t,l,n){
return Math.floor((e.epoch-t)/l*n)}function ua(e,t,l,n,r){let c=-1,u=-1;for(let f=t;f<l;f++){let p=e[f][n];typeof p=="number"&&((c<0||p<e[c][n])&&(c=f),(u<0||p>
e[u][n])&&(u=f))}c>=0&&r.add(c).add(u)}function Dr(e,t){let l=n=>typeof n=="number"&&Number.isFinite(n)&&(!t||n>0)?n:null;return[e.map(n=>n.epoch),...Pr.map(n=>e.
map(r=>l(r[n])))]}function Cr(e,t,l){return Math.max(!l||!t?e:Math.min(t,Math.max(50,2*e)),2)}var wl=class{constructor(t=1e3){this.buckets=t,this.points=[],this.
lastEpoch=0}append(t){let l=t.filter(n=>n.epoch>this.lastEpoch);return l.length===0?!1:(this.points=this.points.concat(l),this.lastEpoch=l[l.length-1].epoch,this.
points.length>this.buckets*8&&(this.points=ca(this.points,this.buckets)),!0)}};function zr(e,t,l=!1){if(e.length===0)return l?"No epoch was finished.":"No epoch\
 is finished yet.";let n=e[0],r=e[e.length-1],c=`Train loss ${t(n.train_loss)} at epoch ${n.epoch}, ${t(r.train_loss)} at epoch ${r.epoch}`;return typeof r.validation_loss!=
"number"?`${c}.`:`${c}; validation loss ${t(r.validation_loss)}.`}function Nr(){let e=new Set,t={connection:{status:"connecting",retryInMs:0,lastAnswerAt:null},info:null,models:{items:[],more:!1,loaded:!1},datasets:{items:[],more:!1,
loaded:!1},jobs:{items:[],next:null,loaded:!1,page:0},selection:{id:null,pinned:!1,job:null,curve:null,problem:null},requests:{}};return{get:()=>t,set(l){Object.
assign(t,l);for(let n of e)n(t)},subscribe:l=>e.add(l)}}var fa={queued:{mark:"○",active:!0},running:{mark:"▶",active:!0},paused:{mark:"‖",active:!1},succeeded:{
mark:"✓",active:!1},failed:{mark:"✕",active:!1},cancelled:{mark:"■",active:!1}},da={mark:"?",active:!1},uo=e=>fa[e.state]??da,fo=e=>uo(e).active,Wt=e=>["s\
ucceeded","failed","cancelled"].includes(e.state),$r=[{name:"step",label:"Step",hint:"Train one minibatch",everywhere:!1},{name:"pause",label:"Pause",everywhere:!0},
{name:"resume",label:"Resume",everywhere:!0},{name:"cancel",label:"Cancel",everywhere:!0}],Rr=(e,t)=>!!e.links?.[t.name];function Or(e){return e.find(t=>t.state===
"running")??e.find(t=>t.state!=="queued")??e[0]??null}function po(e){let t=/^#\/jobs\/(\d{1,19})$/.exec(e);return t?t[1]:null}var pa=500,ma=2e3,ha=3e3,Ir=[1e3,2e3,4e3,8e3],ga=50,ba=20,wa=2e3,Sa=1e4,Sl=class{constructor(t,l){this.api=t,this.state=l,this.cursors=[null],this.failures=0,this.
catalogueAt=-1/0,this.timer=null,this.round=null,document.addEventListener("visibilitychange",()=>this.poke())}async poke(){if(clearTimeout(this.timer),this.round){
this.again=!0;return}if(document.hidden)return;this.again=!1,this.round=this.refresh();let t=await this.round;this.round=null,this.timer=setTimeout(()=>this.poke(),
this.again?0:t)}select(t){this.state.set({selection:{id:t,pinned:t!==null,job:null,curve:null,problem:null}}),this.poke()}turnPage(t){let{jobs:l}=this.state.get();
t>0?this.cursors.push(l.next):this.cursors.pop(),this.poke()}async act(t,l){if(!this.state.get().requests[t.id]?.pending){this.note(t.id,{pending:!0});try{this.
show(await this.api.act(t.links[l])),this.note(t.id,{})}catch(n){let r={refusal:n.message};this.note(t.id,r),setTimeout(()=>this.state.get().requests[t.id]===r&&
this.note(t.id,{}),Sa)}this.poke()}}note(t,l){this.state.set({requests:{...this.state.get().requests,[t]:l}})}show(t){let{jobs:l,selection:n}=this.state.get(),r=l.
items.map(u=>u.id===t.id?t:u),c=n.job?.id===t.id?{...n,job:t}:n;this.state.set({jobs:{...l,items:r},selection:c})}async refresh(){try{return await Promise.all([
this.refreshInfo(),this.refreshJobs(),this.refreshCatalogue()]),await this.refreshSelection(),this.failures=0,this.state.set({connection:{status:"online",retryInMs:0,
lastAnswerAt:Date.now()}}),this.isBusy()?pa:ma}catch(t){return this.fail(t)}}fail(t){let l=Ir[Math.min(this.failures++,Ir.length-1)],n=t instanceof Cn?"offline":
"refused",{lastAnswerAt:r}=this.state.get().connection;return this.state.set({connection:{status:n,retryInMs:l,lastAnswerAt:r,message:t.message}}),this.catalogueAt=
-1/0,l}isBusy(){let{info:t,jobs:l,selection:n}=this.state.get();return(t?.jobs_running??0)+(t?.jobs_queued??0)>0||l.items.some(fo)||n.job!==null&&fo(n.job)}async refreshInfo(){
this.state.set({info:await this.api.info()})}async refreshJobs(){let t=this.cursors[this.cursors.length-1],l=this.state.get().jobs.items.map(c=>c.state).join(),
n=await this.api.jobs({limit:ga,after:t}),r={items:n.jobs,next:n.next??null,loaded:!0,page:this.cursors.length-1};this.state.set({jobs:r}),l!==r.items.map(c=>c.
state).join()&&(this.catalogueAt=-1/0)}async refreshCatalogue(){if(performance.now()-this.catalogueAt<ha)return;let[t,l]=await Promise.all([this.api.models(),this.
api.datasets()]);this.catalogueAt=performance.now(),this.state.set({models:{items:t.models,more:!!t.next,loaded:!0},datasets:{items:l.datasets,more:!!l.next,loaded:!0}})}async refreshSelection(){
let{jobs:t,selection:l}=this.state.get(),n=l.pinned?l.id:Or(t.items)?.id??null;if(n===null){this.state.set({selection:{...l,id:null,job:null,curve:null}});return}
try{await this.refreshJob(n)}catch(r){if(r.status!==404)throw r;if(this.isStale(n))return;this.state.set({selection:{...l,id:n,job:null,curve:null,problem:r.message}})}}isStale(t){
let{selection:l}=this.state.get();return l.pinned&&String(l.id)!==String(t)}async refreshJob(t){let l=await this.api.job(t);if(this.isStale(t))return;let n=this.
state.get().selection,r=xa(n.job,l)?n.curve:new wl;if(await this.extend(r,l),this.isStale(t))return;let{pinned:c}=this.state.get().selection;this.state.set({selection:{
id:l.id,pinned:c,job:l,curve:r,problem:null}}),this.show(l)}async extend(t,l){for(let n=0;n<ba&&!t.complete;n++){let{points:r}=await this.api.metrics(l.id,{after:t.
lastEpoch,max_points:wa});if(!t.append(r)){t.complete=Wt(l);return}}}};function xa(e,t){return e!==null&&e.id===t.id&&e.created_at===t.created_at}function M(e,t={},...l){return ya(document.createElement(e),t,l)}function ya(e,t,l){for(let[n,r]of Object.entries(t))n.startsWith("on")?e.addEventListener(n.slice(
2),r):ve(e,n,r);return e.append(...l),e}function fe(e,t){e.textContent!==t&&(e.textContent=t)}function ve(e,t,l){l==null||l===!1?e.removeAttribute(t):e.getAttribute(
t)!==String(l)&&e.setAttribute(t,String(l))}function Me(e,t){e.hidden!==t&&(e.hidden=t)}function on(e,t,l){let n=new Map;return r=>{let c=new Map;for(let u of r){
let f=n.get(t(u))??l(u);f.update(u),c.set(t(u),f)}for(let[u,f]of n)c.has(u)||f.node.remove();va(e,[...c.values()].map(u=>u.node)),n=c}}function va(e,t){t.forEach(
(l,n)=>{e.children[n]!==l&&e.insertBefore(l,e.children[n]??null)})}var zn=e=>typeof e=="number"&&Number.isFinite(e);function Fe(e){return zn(e)?Math.round(e).toLocaleString("en-US"):"–"}function Pt(e){if(!zn(e))return"–";let t=Math.
abs(e);return t!==0&&(t<.001||t>=1e5)?e.toExponential(2):e.toPrecision(4)}function mo(e,t=1){if(!zn(e))return"–";let l=10**t,n=Math.round(e*100*l)/l;return`${(n>=
100&&e<1?100-1/l:n).toFixed(t)} %`}function Fr(e){let t=Object.values(e??{}),l=t.reduce((n,r)=>n+r,0);return!t.every(zn)||!(l>0)?"–":`${t.map(n=>Math.round(100*
n/l)).join(" / ")} %`}function xl(e){return zn(e)?e>=1e6?`${(e/1e6).toFixed(2)} M`:e>=1e4?`${(e/1e3).toFixed(0)} k`:Fe(e):"–"}function Qn(e){if(!zn(e)||e<0)return"\
–";if(e<.95)return`${Math.round(e*1e3)} ms`;if(e<9.95)return`${e.toFixed(1)} s`;let t=Math.round(e);if(t<60)return`${t} s`;let l=n=>String(n).padStart(2,"0");
return t<3600?`${Math.floor(t/60)} min ${l(t%60)} s`:t<86400?`${Math.floor(t/3600)} h ${l(Math.floor(t%3600/60))} min`:`${Math.floor(t/86400)} d ${Math.floor(t%
86400/3600)} h`}function _a(e){if(e==null||e===0)return null;let t=new Date(typeof e=="number"?e*1e3:e);return Number.isNaN(t.getTime())?null:t}function Vr(e){let t=_a(
e);if(!t)return"–";let l=r=>String(r).padStart(2,"0");return`${[t.getFullYear(),l(t.getMonth()+1),l(t.getDate())].join("-")} ${[t.getHours(),t.getMinutes()].map(
l).join(":")}`}function Hr(e,t){return[e,...t.map(l=>l.units)].map(l=>l||"?").join("-")}function ho(e,t,l=e.length){let n=e.slice(0,t);return n.length===l?n.join(
", "):`${n.join(", ")} and ${Fe(l-n.length)} more`}var ka=[["Model",e=>e.name],["Layers",e=>Hr(e.inputs,e.layers),"whole"],["Activations",e=>e.layers.map(t=>t.activation).join(", ")],["Loss",e=>String(e.loss).replaceAll(
"_"," ")],["Parameters",e=>Fe(e.parameters),"number"],["Trained",e=>Ma(e)]],Ta=[["Data set",e=>e.name],["Rows",e=>Fe(e.rows),"number"],["Features",e=>Fe(e.features),
"number"],["Target",e=>ho(e.targets,3)],["Classes",e=>e.classes?.length?ho(e.classes,10,e.class_count):"real values"]];function Ma(e){let t=e.version??0;return t>
0?`version ${Fe(t)}`:"not yet"}var Wr=e=>Br(e,"models","Models",ka),jr=e=>Br(e,"datasets","Data sets",Ta);function Br(e,t,l,n){let r=M("tr",{},...n.map(([g,,b])=>M(
"th",{scope:"col",class:b??""},g))),c=M("tbody"),u=M("table",{},M("thead",{},r),c),f=M("div",{class:"scroller",tabindex:"0",role:"group","aria-label":l},u),p=M(
"p",{class:"muted"},`No ${l.toLowerCase()} yet.`),m=M("p",{class:"muted"},`More ${l.toLowerCase()}: GET /v1/${t}`);e.append(M("div",{class:"title"},M("h2",{id:`${t}\
-title`},l)),f,p,m);let S=on(c,g=>g.name,()=>Ea(n));return g=>{let b=g[t];S(b.items),Me(f,b.items.length===0),Me(p,!b.loaded||b.items.length>0),Me(m,!b.more)}}function Ea(e){
let t=e.map(([,,n],r)=>r===0?M("th",{scope:"row"}):M("td",{class:n??""})),l=n=>e.forEach(([,r],c)=>fe(t[c],r(n)));return{node:M("tr",{},...t),update:l}}var Aa={connecting:"connecting",online:"connected",offline:"no answer",refused:"error"};function Ur(e,t){let l=M("p",{class:"facts"}),n=M("span",{role:"status",
class:"connection",id:"connection"});return e.append(M("h1",{},"backpropd"),l,n),r=>{fe(l,r.info?La(r.info):""),fe(n,Aa[r.connection.status]),ve(n,"data-status",
r.connection.status),ve(document.body,"data-connection",r.connection.status),Pa(t,r.connection)}}function La(e){let t=e.threads===1?"1 thread":`${Fe(e.threads)}\
 threads`;return[`version ${e.version??"–"}`,e.isa,t].filter(Boolean).join(" · ")}function Pa(e,t){let l=t.status==="offline"||t.status==="refused";Me(e,!l),
fe(e,l?Da(t):"")}function Da({status:e,message:t,retryInMs:l,lastAnswerAt:n}){let r=e==="offline"?"The server does not answer.":`The server answers with an erro\
r: ${t}.`,c=n?` What you see is from ${new Date(n).toLocaleTimeString()}.`:"";return`${r} Trying again in ${l/1e3} s.${c}`}var Ca="uplot",za="u-hz",Na="u-vt",$a="u-title",Ra="u-wrap",Oa="u-under",Ia="u-over",Fa="u-axis",cn="u-off",Va="u-select",Ha="u-cursor-x",Ga="u-cursor-y",Wa="u-\
cursor-pt",ja="u-legend",Ba="u-live",Ua="u-inline",Ya="u-series",Ja="u-marker",Yr="u-label",qa="u-value",el="width",tl="height";var Jr="bottom",Nn="left",go="right",zo="#000",qr=zo+"0",bo="mousemove",Kr="mousedown",wo="mouseup",Zr="mouseenter",Qr="mouseleave",Xr="dblclick",Ka="resize",Za="\
scroll",es="change",Tl="dppxchange",No="--",Hn=typeof window<"u",_o=Hn?document:null,Rn=Hn?window:null,Qa=Hn?navigator:null,se,yl;function ko(){let e=devicePixelRatio;
se!=e&&(se=e,yl&&Mo(es,yl,ko),yl=matchMedia(`(min-resolution: ${se-.001}dppx) and (max-resolution: ${se+.001}dppx)`),un(es,yl,ko),Rn.dispatchEvent(new CustomEvent(
Tl)))}function ot(e,t){if(t!=null){let l=e.classList;!l.contains(t)&&l.add(t)}}function To(e,t){let l=e.classList;l.contains(t)&&l.remove(t)}function we(e,t,l){
e.style[t]=l+"px"}function xt(e,t,l,n){let r=_o.createElement(e);return t!=null&&ot(r,t),l?.insertBefore(r,n),r}function pt(e,t){return xt("div",e,t)}var ts=new WeakMap;
function Dt(e,t,l,n,r){let c="translate("+t+"px,"+l+"px)",u=ts.get(e);c!=u&&(e.style.transform=c,ts.set(e,c),t<0||l<0||t>n||l>r?ot(e,cn):To(e,cn))}var ns=new WeakMap;
function ls(e,t,l){let n=t+l,r=ns.get(e);n!=r&&(ns.set(e,n),e.style.background=t,e.style.borderColor=l)}var os=new WeakMap;function rs(e,t,l,n){let r=t+""+l,c=os.
get(e);r!=c&&(os.set(e,r),e.style.height=l+"px",e.style.width=t+"px",e.style.marginLeft=n?-t/2+"px":0,e.style.marginTop=n?-l/2+"px":0)}var $o={passive:!0},Xa={...$o,
capture:!0};function un(e,t,l,n){t.addEventListener(e,l,n?Xa:$o)}function Mo(e,t,l,n){t.removeEventListener(e,l,$o)}Hn&&ko();function yt(e,t,l,n){let r;l=l||0,n=
n||t.length-1;let c=n<=2147483647;for(;n-l>1;)r=c?l+n>>1:rt((l+n)/2),t[r]<e?l=r:n=r;return e-t[l]<=t[n]-e?l:n}function zs(e){return(l,n,r)=>{let c=-1,u=-1;for(let f=n;f<=
r;f++)if(e(l[f])){c=f;break}for(let f=r;f>=n;f--)if(e(l[f])){u=f;break}return[c,u]}}var Ns=e=>e!=null,$s=e=>e!=null&&e>0,Al=zs(Ns),ec=zs($s);function tc(e,t,l,n=0,r=!1){
let c=r?ec:Al,u=r?$s:Ns;[t,l]=c(e,t,l);let f=e[t],p=e[t];if(t>-1)if(n==1)f=e[t],p=e[l];else if(n==-1)f=e[l],p=e[t];else for(let m=t;m<=l;m++){let S=e[m];u(S)&&(S<
f?f=S:S>p&&(p=S))}return[f??de,p??-de]}function Ll(e,t,l,n){let r=as(e),c=as(t);e==t&&(r==-1?(e*=l,t/=l):(e/=l,t*=l));let u=l==10?$t:Rs,f=r==1?rt:mt,p=c==1?mt:rt,
m=f(u(Ce(e))),S=p(u(Ce(t))),g=On(l,m),b=On(l,S);return l==10&&(m<0&&(g=pe(g,-m)),S<0&&(b=pe(b,-S))),n||l==2?(e=g*r,t=b*c):(e=Vs(e,g),t=Pl(t,b)),[e,t]}function Ro(e,t,l,n){
let r=Ll(e,t,l,n);return e==0&&(r[0]=0),t==0&&(r[1]=0),r}var Oo=.1,ss={mode:3,pad:Oo},ll={pad:0,soft:null,mode:0},nc={min:ll,max:ll};function Ml(e,t,l,n){return Dl(
l)?is(e,t,l):(ll.pad=l,ll.soft=n?0:null,ll.mode=n?3:0,is(e,t,nc))}function oe(e,t){return e??t}function lc(e,t,l){for(t=oe(t,0),l=oe(l,e.length-1);t<=l;){if(e[t]!=
null)return!0;t++}return!1}function is(e,t,l){let n=l.min,r=l.max,c=oe(n.pad,0),u=oe(r.pad,0),f=oe(n.hard,-de),p=oe(r.hard,de),m=oe(n.soft,de),S=oe(r.soft,-de),
g=oe(n.mode,0),b=oe(r.mode,0),C=t-e,k=$t(C),A=qe(Ce(e),Ce(t)),V=$t(A),H=Ce(V-k);(C<1e-24||H>10)&&(C=0,(e==0||t==0)&&(C=1e-24,g==2&&m!=de&&(c=0),b==2&&S!=-de&&(u=
0)));let y=C||A||1e3,O=$t(y),_=On(10,rt(O)),q=y*(C==0?e==0?.1:1:c),z=pe(Vs(e-q,_/10),24),K=e>=m&&(g==1||g==3&&z<=m||g==2&&z>=m)?m:de,U=qe(f,z<K&&e>=K?K:vt(K,z)),
X=y*(C==0?t==0?.1:1:u),B=pe(Pl(t+X,_/10),24),T=t<=S&&(b==1||b==3&&B>=S||b==2&&B<=S)?S:-de,J=vt(p,B>T&&t<=T?T:qe(T,B));return U==J&&U==0&&(J=100),[U,J]}var oc=new Intl.
NumberFormat(Hn?Qa.language:"en-US"),Io=e=>oc.format(e),st=Math,kl=st.PI,Ce=st.abs,rt=st.floor,De=st.round,mt=st.ceil,vt=st.min,qe=st.max,On=st.pow,as=st.sign,$t=st.
log10,Rs=st.log2,rc=(e,t=1)=>st.sinh(e)*t,So=(e,t=1)=>st.asinh(e/t),de=1/0;function cs(e){return($t((e^e>>31)-(e>>31))|0)+1}function Eo(e,t,l){return vt(qe(e,t),
l)}function Os(e){return typeof e=="function"}function ee(e){return Os(e)?e:()=>e}var sc=()=>{},Is=e=>e,Fs=(e,t)=>t,ic=e=>null,us=e=>!0,fs=(e,t)=>e==t,ac=/\.\d*?(?=9{6,}|0{6,})/gm,
fn=e=>{if(Gs(e)||Bt.has(e))return e;let t=`${e}`,l=t.match(ac);if(l==null)return e;let n=l[0].length-1;if(t.indexOf("e-")!=-1){let[r,c]=t.split("e");return+`${fn(
r)}e${c}`}return pe(e,n)};function sn(e,t){return fn(pe(fn(e/t))*t)}function Pl(e,t){return fn(mt(fn(e/t))*t)}function Vs(e,t){return fn(rt(fn(e/t))*t)}function pe(e,t=0){
if(Gs(e))return e;let l=10**t,n=e*l*(1+Number.EPSILON);return De(n)/l}var Bt=new Map;function Hs(e){return((""+e).split(".")[1]||"").length}function rl(e,t,l,n){
let r=[],c=n.map(Hs);for(let u=t;u<l;u++){let f=Ce(u),p=pe(On(e,u),f);for(let m=0;m<n.length;m++){let S=e==10?+`${n[m]}e${u}`:n[m]*p,g=(u>=0?0:f)+(u>=c[m]?0:c[m]),
b=e==10?S:pe(S,g);r.push(b),Bt.set(b,g)}}return r}var ol={},Fo=[],In=[null,null],jt=Array.isArray,Gs=Number.isInteger,cc=e=>e===void 0;function ds(e){return typeof e==
"string"}function Dl(e){let t=!1;if(e!=null){let l=e.constructor;t=l==null||l==Object}return t}function uc(e){return e!=null&&typeof e=="object"}var fc=Object.getPrototypeOf(
Uint8Array),Ws="__proto__";function Fn(e,t=Dl){let l;if(jt(e)){let n=e.find(r=>r!=null);if(jt(n)||t(n)){l=Array(e.length);for(let r=0;r<e.length;r++)l[r]=Fn(e[r],
t)}else l=e.slice()}else if(e instanceof fc)l=e.slice();else if(t(e)){l={};for(let n in e)n!=Ws&&(l[n]=Fn(e[n],t))}else l=e;return l}function Ae(e){let t=arguments;
for(let l=1;l<t.length;l++){let n=t[l];for(let r in n)r!=Ws&&(Dl(e[r])?Ae(e[r],Fn(n[r])):e[r]=Fn(n[r]))}return e}var dc=0,pc=1,mc=2;function hc(e,t,l){for(let n=0,
r,c=-1;n<t.length;n++){let u=t[n];if(u>c){for(r=u-1;r>=0&&e[r]==null;)e[r--]=null;for(r=u+1;r<l&&e[r]==null;)e[c=r++]=null}}}function gc(e,t){if(Sc(e)){let u=e[0].
slice();for(let f=1;f<e.length;f++)u.push(...e[f].slice(1));return xc(u[0])||(u=wc(u)),u}let l=new Set;for(let u=0;u<e.length;u++){let p=e[u][0],m=p.length;for(let S=0;S<
m;S++)l.add(p[S])}let n=[Array.from(l).sort((u,f)=>u-f)],r=n[0].length,c=new Map;for(let u=0;u<r;u++)c.set(n[0][u],u);for(let u=0;u<e.length;u++){let f=e[u],p=f[0];
for(let m=1;m<f.length;m++){let S=f[m],g=Array(r).fill(void 0),b=t?t[u][m]:pc,C=[];for(let k=0;k<S.length;k++){let A=S[k],V=c.get(p[k]);A===null?b!=dc&&(g[V]=A,
b==mc&&C.push(V)):g[V]=A}hc(g,C,r),n.push(g)}}return n}var bc=typeof queueMicrotask>"u"?e=>Promise.resolve().then(e):queueMicrotask;function wc(e){let t=e[0],l=t.
length,n=Array(l);for(let c=0;c<n.length;c++)n[c]=c;n.sort((c,u)=>t[c]-t[u]);let r=[];for(let c=0;c<e.length;c++){let u=e[c],f=Array(l);for(let p=0;p<l;p++)f[p]=
u[n[p]];r.push(f)}return r}function Sc(e){let t=e[0][0],l=t.length;for(let n=1;n<e.length;n++){let r=e[n][0];if(r.length!=l)return!1;if(r!=t){for(let c=0;c<l;c++)
if(r[c]!=t[c])return!1}}return!0}function xc(e,t=100){let l=e.length;if(l<=1)return!0;let n=0,r=l-1;for(;n<=r&&e[n]==null;)n++;for(;r>=n&&e[r]==null;)r--;if(r<=
n)return!0;let c=qe(1,rt((r-n+1)/t));for(let u=e[n],f=n+c;f<=r;f+=c){let p=e[f];if(p!=null){if(p<=u)return!1;u=p}}return!0}var js=["January","February","March",
"April","May","June","July","August","September","October","November","December"],Bs=["Sunday","Monday","Tuesday","Wednesday","Thursday","Friday","Saturday"];function Us(e){
return e.slice(0,3)}var yc=Bs.map(Us),vc=js.map(Us),_c={MMMM:js,MMM:vc,WWWW:Bs,WWW:yc};function Xn(e){return(e<10?"0":"")+e}function kc(e){return(e<10?"00":e<100?
"0":"")+e}var Tc={YYYY:e=>e.getFullYear(),YY:e=>(e.getFullYear()+"").slice(2),MMMM:(e,t)=>t.MMMM[e.getMonth()],MMM:(e,t)=>t.MMM[e.getMonth()],MM:e=>Xn(e.getMonth()+
1),M:e=>e.getMonth()+1,DD:e=>Xn(e.getDate()),D:e=>e.getDate(),WWWW:(e,t)=>t.WWWW[e.getDay()],WWW:(e,t)=>t.WWW[e.getDay()],HH:e=>Xn(e.getHours()),H:e=>e.getHours(),
h:e=>{let t=e.getHours();return t==0?12:t>12?t-12:t},AA:e=>e.getHours()>=12?"PM":"AM",aa:e=>e.getHours()>=12?"pm":"am",a:e=>e.getHours()>=12?"p":"a",mm:e=>Xn(e.
getMinutes()),m:e=>e.getMinutes(),ss:e=>Xn(e.getSeconds()),s:e=>e.getSeconds(),fff:e=>kc(e.getMilliseconds())};function Vo(e,t){t=t||_c;let l=[],n=/\{([a-z]+)\}|[^{]+/gi,
r;for(;r=n.exec(e);)l.push(r[0][0]=="{"?Tc[r[1]]:r[0]);return c=>{let u="";for(let f=0;f<l.length;f++)u+=typeof l[f]=="string"?l[f]:l[f](c,t);return u}}var Mc=new Intl.
DateTimeFormat().resolvedOptions().timeZone;function Ec(e,t){let l;return t=="UTC"||t=="Etc/UTC"?l=new Date(+e+e.getTimezoneOffset()*6e4):t==Mc?l=e:(l=new Date(
e.toLocaleString("en-US",{timeZone:t})),l.setMilliseconds(e.getMilliseconds())),l}var Ys=e=>e%1==0,El=[1,2,2.5,5],Ac=rl(10,-32,0,El),Js=rl(10,0,32,El),Lc=Js.filter(
Ys),an=Ac.concat(Js),Ho=`
`,qs="{YYYY}",ps=Ho+qs,Ks="{M}/{D}",nl=Ho+Ks,vl=nl+"/{YY}",Zs="{aa}",Pc="{h}:{mm}",$n=Pc+Zs,ms=Ho+$n,hs=":{ss}",ae=null;function Qs(e){let t=e*1e3,l=t*60,n=l*60,
r=n*24,c=r*30,u=r*365,p=(e==1?rl(10,0,3,El).filter(Ys):rl(10,-3,0,El)).concat([t,t*5,t*10,t*15,t*30,l,l*5,l*10,l*15,l*30,n,n*2,n*3,n*4,n*6,n*8,n*12,r,r*2,r*3,r*
4,r*5,r*6,r*7,r*8,r*9,r*10,r*15,c,c*2,c*3,c*4,c*6,u,u*2,u*5,u*10,u*25,u*50,u*100]),m=[[u,qs,ae,ae,ae,ae,ae,ae,1],[r*28,"{MMM}",ps,ae,ae,ae,ae,ae,1],[r,Ks,ps,ae,
ae,ae,ae,ae,1],[n,"{h}"+Zs,vl,ae,nl,ae,ae,ae,1],[l,$n,vl,ae,nl,ae,ae,ae,1],[t,hs,vl+" "+$n,ae,nl+" "+$n,ae,ms,ae,1],[e,hs+".{fff}",vl+" "+$n,ae,nl+" "+$n,ae,ms,
ae,1]];function S(g){return(b,C,k,A,V,H)=>{let y=[],O=V>=u,_=V>=c&&V<u,q=g(k),z=pe(q*e,3),K=xo(q.getFullYear(),O?0:q.getMonth(),_||O?1:q.getDate()),U=pe(K*e,3);
if(_||O){let X=_?V/c:0,B=O?V/u:0,T=z==U?z:pe(xo(K.getFullYear()+B,K.getMonth()+X,1)*e,3),J=new Date(De(T/e)),N=J.getFullYear(),W=J.getMonth();for(let F=0;T<=A;F++){
let te=xo(N+B*F,W+X*F,1),I=te-g(pe(te*e,3));T=pe((+te+I)*e,3),T<=A&&y.push(T)}}else{let X=V>=r?r:V,B=rt(k)-rt(z),T=U+B+Pl(z-U,X);y.push(T);let J=g(T),N=J.getHours()+
J.getMinutes()/l+J.getSeconds()/n,W=V/n,F=b.axes[C]._space,te=H/F;for(;T=pe(T+V,e==1?0:3),!(T>A);)if(W>1){let I=rt(pe(N+W,6))%24,ne=g(T).getHours()-I;ne>1&&(ne=
-1),T-=ne*n,N=(N+W)%24;let ce=y[y.length-1];pe((T-ce)/V,3)*te>=.7&&y.push(T)}else y.push(T)}return y}}return[p,m,S]}var[Dc,Cc,zc]=Qs(1),[Nc,$c,Rc]=Qs(.001);rl(2,
-53,53,[1]);function gs(e,t){return e.map(l=>l.map((n,r)=>r==0||r==8||n==null?n:t(r==1||l[8]==0?n:l[1]+n)))}function bs(e,t){return(l,n,r,c,u)=>{let f=t.find(k=>u>=
k[0])||t[t.length-1],p,m,S,g,b,C;return n.map(k=>{let A=e(k),V=A.getFullYear(),H=A.getMonth(),y=A.getDate(),O=A.getHours(),_=A.getMinutes(),q=A.getSeconds(),z=V!=
p&&f[2]||H!=m&&f[3]||y!=S&&f[4]||O!=g&&f[5]||_!=b&&f[6]||q!=C&&f[7]||f[1];return p=V,m=H,S=y,g=O,b=_,C=q,z(A)})}}function Oc(e,t){let l=Vo(t);return(n,r,c,u,f)=>r.
map(p=>l(e(p)))}function xo(e,t,l){return new Date(e,t,l)}function ws(e,t){return t(e)}var Ic="{YYYY}-{MM}-{DD} {h}:{mm}{aa}";function Ss(e,t){return(l,n,r,c)=>c==
null?No:t(e(n))}function Fc(e,t){let l=e.series[t];return l.width?l.stroke(e,t):l.points.width?l.points.stroke(e,t):null}function Vc(e,t){return e.series[t].fill(
e,t)}var Hc={show:!0,live:!0,isolate:!1,mount:sc,markers:{show:!0,width:2,stroke:Fc,fill:Vc,dash:"solid"},idx:null,idxs:null,values:[]};function Gc(e,t){let l=e.
cursor.points,n=pt(),r=l.size(e,t);we(n,el,r),we(n,tl,r);let c=r/-2;we(n,"marginLeft",c),we(n,"marginTop",c);let u=l.width(e,t,r);return u&&we(n,"borderWidth",u),
n}function Wc(e,t){let l=e.series[t].points;return l._fill||l._stroke}function jc(e,t){let l=e.series[t].points;return l._stroke||l._fill}function Bc(e,t){return e.
series[t].points.size}var yo=[0,0];function Uc(e,t,l){return yo[0]=t,yo[1]=l,yo}function _l(e,t,l,n=!0){return r=>{r.button==0&&(!n||r.target==t)&&l(r)}}function vo(e,t,l,n=!0){
return r=>{(!n||r.target==t)&&l(r)}}var Yc={show:!0,x:!0,y:!0,lock:!1,move:Uc,points:{one:!1,show:Gc,size:Bc,width:0,stroke:jc,fill:Wc},bind:{mousedown:_l,mouseup:_l,
click:_l,dblclick:_l,mousemove:vo,mouseleave:vo,mouseenter:vo},drag:{setScale:!0,x:!0,y:!1,dist:0,uni:null,click:(e,t)=>{t.stopPropagation(),t.stopImmediatePropagation()},
_x:!1,_y:!1},focus:{dist:(e,t,l,n,r)=>n-r,prox:-1,bias:0},hover:{skip:[void 0],prox:null,bias:0},left:-10,top:-10,idx:null,dataIdx:null,idxs:null,event:null},Xs={
show:!0,stroke:"rgba(0,0,0,0.07)",width:2},Go=Ae({},Xs,{filter:Fs}),ei=Ae({},Go,{size:10}),ti=Ae({},Xs,{show:!1}),Wo='12px system-ui, -apple-system, "Segoe UI",\
 Roboto, "Helvetica Neue", Arial, "Noto Sans", sans-serif, "Apple Color Emoji", "Segoe UI Emoji", "Segoe UI Symbol", "Noto Color Emoji"',ni="bold "+Wo,li=1.5,xs={
show:!0,scale:"x",stroke:zo,space:50,gap:5,alignTo:1,size:50,labelGap:0,labelSize:30,labelFont:ni,side:2,grid:Go,ticks:ei,border:ti,font:Wo,lineGap:li,rotate:0},
Jc="Value",qc="Time",ys={show:!0,scale:"x",auto:!1,sorted:1,min:de,max:-de,idxs:[]};function Kc(e,t,l,n,r){return t.map(c=>c==null?"":Io(c))}function Zc(e,t,l,n,r,c,u){
let f=[],p=Bt.get(r)||0;l=u?l:pe(Pl(l,r),p);for(let m=l;m<=n;m=pe(m+r,p))f.push(Object.is(m,-0)?0:m);return f}function Ao(e,t,l,n,r,c,u){let f=[],p=e.scales[e.axes[t].
scale].log,m=p==10?$t:Rs,S=rt(m(l));r=On(p,S),p==10&&(r=an[yt(r,an)]);let g=l,b=r*p;p==10&&(b=an[yt(b,an)]);do f.push(g),g=g+r,p==10&&!Bt.has(g)&&(g=pe(g,Bt.get(
r))),g>=b&&(r=g,b=r*p,p==10&&(b=an[yt(b,an)]));while(g<=n);return f}function Qc(e,t,l,n,r,c,u){let p=e.scales[e.axes[t].scale].asinh,m=n>p?Ao(e,t,qe(p,l),n,r):[
p],S=n>=0&&l<=0?[0]:[];return(l<-p?Ao(e,t,qe(p,-n),-l,r):[p]).reverse().map(b=>-b).concat(S,m)}var oi=/./,Xc=/[12357]/,eu=/[125]/,vs=/1/,Lo=(e,t,l,n)=>e.map((r,c)=>t==
4&&r==0||c%n==0&&l.test(r.toExponential()[r<0?1:0])?r:null);function tu(e,t,l,n,r){let c=e.axes[l],u=c.scale,f=e.scales[u],p=e.valToPos,m=c._space,S=p(10,u),g=p(
9,u)-S>=m?oi:p(7,u)-S>=m?Xc:p(5,u)-S>=m?eu:vs;if(g==vs){let b=Ce(p(1,u)-S);if(b<m)return Lo(t.slice().reverse(),f.distr,g,mt(m/b)).reverse()}return Lo(t,f.distr,
g,1)}function nu(e,t,l,n,r){let c=e.axes[l],u=c.scale,f=c._space,p=e.valToPos,m=Ce(p(1,u)-p(2,u));return m<f?Lo(t.slice().reverse(),3,oi,mt(f/m)).reverse():t}function lu(e,t,l,n){
return n==null?No:t==null?"":Io(t)}var _s={show:!0,scale:"y",stroke:zo,space:30,gap:5,alignTo:1,size:50,labelGap:0,labelSize:30,labelFont:ni,side:3,grid:Go,ticks:ei,
border:ti,font:Wo,lineGap:li,rotate:0};function ou(e,t){let l=3+(e||1)*2;return pe(l*t,3)}function ru(e,t){let{scale:l,idxs:n}=e.series[0],r=e._data[0],c=e.valToPos(
r[n[0]],l,!0),u=e.valToPos(r[n[1]],l,!0),f=Ce(u-c),p=e.series[t],m=f/(p.points.space*se);return n[1]-n[0]<=m}var ks={scale:null,auto:!0,sorted:0,min:de,max:-de},
ri=(e,t,l,n,r)=>r,Ts={show:!0,auto:!0,sorted:0,gaps:ri,alpha:1,facets:[Ae({},ks,{scale:"x"}),Ae({},ks,{scale:"y"})]},Ms={scale:"y",auto:!0,sorted:0,show:!0,spanGaps:!1,
gaps:ri,alpha:1,points:{show:ru,filter:null},values:null,min:de,max:-de,idxs:[],path:null,clip:null};function su(e,t,l,n,r){return l/10}var si={time:!0,auto:!0,
distr:1,log:10,asinh:1,min:null,max:null,dir:1,ori:0},iu=Ae({},si,{time:!1,ori:1}),Es={};function ii(e,t){let l=Es[e];return l||(l={key:e,plots:[],sub(n){l.plots.
push(n)},unsub(n){l.plots=l.plots.filter(r=>r!=n)},pub(n,r,c,u,f,p,m){for(let S=0;S<l.plots.length;S++)l.plots[S]!=r&&l.plots[S].pub(n,r,c,u,f,p,m)}},e!=null&&(Es[e]=
l)),l}var Vn=1,Po=2;function dn(e,t,l){let n=e.mode,r=e.series[t],c=n==2?e._data[t]:e._data,u=e.scales,f=e.bbox,p=c[0],m=n==2?c[1]:c[t],S=n==2?u[r.facets[0].scale]:
u[e.series[0].scale],g=n==2?u[r.facets[1].scale]:u[r.scale],b=f.left,C=f.top,k=f.width,A=f.height,V=e.valToPosH,H=e.valToPosV;return S.ori==0?l(r,p,m,S,g,V,H,b,
C,k,A,zl,Gn,$l,ci,fi):l(r,p,m,S,g,H,V,C,b,A,k,Nl,Wn,Uo,ui,di)}function jo(e,t){let l=0,n=0,r=oe(e.bands,Fo);for(let c=0;c<r.length;c++){let u=r[c];u.series[0]==
t?l=u.dir:u.series[1]==t&&(u.dir==1?n|=1:n|=2)}return[l,n==1?-1:n==2?1:n==3?2:0]}function au(e,t,l,n,r){let c=e.mode,u=e.series[t],f=c==2?u.facets[1].scale:u.scale,
p=e.scales[f];return r==-1?p.min:r==1?p.max:p.distr==3?p.dir==1?p.min:p.max:0}function Rt(e,t,l,n,r,c){return dn(e,t,(u,f,p,m,S,g,b,C,k,A,V)=>{let H=u.pxRound,y=m.
dir*(m.ori==0?1:-1),O=m.ori==0?Gn:Wn,_,q;y==1?(_=l,q=n):(_=n,q=l);let z=H(g(f[_],m,A,C)),K=H(b(p[_],S,V,k)),U=H(g(f[q],m,A,C)),X=H(b(c==1?S.max:S.min,S,V,k)),B=new Path2D(
r);return O(B,U,X),O(B,z,X),O(B,z,K),B})}function Cl(e,t,l,n,r,c){let u=null;if(e.length>0){u=new Path2D;let f=t==0?$l:Uo,p=l;for(let g=0;g<e.length;g++){let b=e[g];
if(b[1]>b[0]){let C=b[0]-p;C>0&&f(u,p,n,C,n+c),p=b[1]}}let m=l+r-p,S=10;m>0&&f(u,p,n-S/2,m,n+c+S)}return u}function cu(e,t,l){let n=e[e.length-1];n&&n[0]==t?n[1]=
l:e.push([t,l])}function Bo(e,t,l,n,r,c,u){let f=[],p=e.length;for(let m=r==1?l:n;m>=l&&m<=n;m+=r)if(t[m]===null){let g=m,b=m;if(r==1)for(;++m<=n&&t[m]===null;)
b=m;else for(;--m>=l&&t[m]===null;)b=m;let C=c(e[g]),k=b==g?C:c(e[b]),A=g-r;C=u<=0&&A>=0&&A<p?c(e[A]):C;let H=b+r;k=u>=0&&H>=0&&H<p?c(e[H]):k,k>=C&&f.push([C,k])}
return f}function As(e){return e==0?Is:e==1?De:t=>sn(t,e)}function ai(e){let t=e==0?zl:Nl,l=e==0?(r,c,u,f,p,m)=>{r.arcTo(c,u,f,p,m)}:(r,c,u,f,p,m)=>{r.arcTo(u,c,
p,f,m)},n=e==0?(r,c,u,f,p)=>{r.rect(c,u,f,p)}:(r,c,u,f,p)=>{r.rect(u,c,p,f)};return(r,c,u,f,p,m=0,S=0)=>{m==0&&S==0?n(r,c,u,f,p):(m=vt(m,f/2,p/2),S=vt(S,f/2,p/2),
t(r,c+m,u),l(r,c+f,u,c+f,u+p,m),l(r,c+f,u+p,c,u+p,S),l(r,c,u+p,c,u,S),l(r,c,u,c+f,u,m),r.closePath())}}var zl=(e,t,l)=>{e.moveTo(t,l)},Nl=(e,t,l)=>{e.moveTo(l,t)},
Gn=(e,t,l)=>{e.lineTo(t,l)},Wn=(e,t,l)=>{e.lineTo(l,t)},$l=ai(0),Uo=ai(1),ci=(e,t,l,n,r,c)=>{e.arc(t,l,n,r,c)},ui=(e,t,l,n,r,c)=>{e.arc(l,t,n,r,c)},fi=(e,t,l,n,r,c,u)=>{
e.bezierCurveTo(t,l,n,r,c,u)},di=(e,t,l,n,r,c,u)=>{e.bezierCurveTo(l,t,r,n,u,c)};function pi(e){return(t,l,n,r,c)=>dn(t,l,(u,f,p,m,S,g,b,C,k,A,V)=>{let{pxRound:H,
points:y}=u,O,_;m.ori==0?(O=zl,_=ci):(O=Nl,_=ui);let q=pe(y.width*se,3),z=(y.size-y.width)/2*se,K=pe(z*2,3),U=new Path2D,X=new Path2D,{left:B,top:T,width:J,height:N}=t.
bbox;$l(X,B-K,T-K,J+K*2,N+K*2);let W=F=>{if(p[F]!=null){let te=H(g(f[F],m,A,C)),I=H(b(p[F],S,V,k));O(U,te+z,I),_(U,te,I,z,0,kl*2)}};if(c)c.forEach(W);else for(let F=n;F<=
r;F++)W(F);return{stroke:q>0?U:null,fill:U,clip:X,flags:Vn|Po}})}function mi(e){return(t,l,n,r,c,u)=>{n!=r&&(c!=n&&u!=n&&e(t,l,n),c!=r&&u!=r&&e(t,l,r),e(t,l,u))}}
var uu=mi(Gn),fu=mi(Wn);function hi(e){let t=oe(e?.alignGaps,0);return(l,n,r,c)=>dn(l,n,(u,f,p,m,S,g,b,C,k,A,V)=>{[r,c]=Al(p,r,c);let H=u.pxRound,y=N=>H(g(N,m,A,
C)),O=N=>H(b(N,S,V,k)),_,q;m.ori==0?(_=Gn,q=uu):(_=Wn,q=fu);let z=m.dir*(m.ori==0?1:-1),K={stroke:new Path2D,fill:null,clip:null,band:null,gaps:null,flags:Vn},U=K.
stroke,X=!1;if(c-r>=A*4){let N=$=>l.posToVal($,m.key,!0),W=null,F=null,te,I,Ke,Se=y(f[z==1?r:c]),ne=y(f[r]),ce=y(f[c]),Z=N(z==1?ne+1:ce-1);for(let $=z==1?r:c;$>=
r&&$<=c;$+=z){let Le=f[$],xe=(z==1?Le<Z:Le>Z)?Se:y(Le),ie=p[$];xe==Se?ie!=null?(I=ie,W==null?(_(U,xe,O(I)),te=W=F=I):I<W?W=I:I>F&&(F=I)):ie===null&&(X=!0):(W!=null&&
q(U,Se,O(W),O(F),O(te),O(I)),ie!=null?(I=ie,_(U,xe,O(I)),W=F=te=I):(W=F=null,ie===null&&(X=!0)),Se=xe,Z=N(Se+z))}W!=null&&W!=F&&Ke!=Se&&q(U,Se,O(W),O(F),O(te),O(
I))}else for(let N=z==1?r:c;N>=r&&N<=c;N+=z){let W=p[N];W===null?X=!0:W!=null&&_(U,y(f[N]),O(W))}let[T,J]=jo(l,n);if(u.fill!=null||T!=0){let N=K.fill=new Path2D(
U),W=u.fillTo(l,n,u.min,u.max,T),F=O(W),te=y(f[r]),I=y(f[c]);z==-1&&([I,te]=[te,I]),_(N,I,F),_(N,te,F)}if(!u.spanGaps){let N=[];X&&N.push(...Bo(f,p,r,c,z,y,t)),
K.gaps=N=u.gaps(l,n,r,c,N),K.clip=Cl(N,m.ori,C,k,A,V)}return J!=0&&(K.band=J==2?[Rt(l,n,r,c,U,-1),Rt(l,n,r,c,U,1)]:Rt(l,n,r,c,U,J)),K})}function du(e){let t=oe(
e.align,1),l=oe(e.ascDesc,!1),n=oe(e.alignGaps,0),r=oe(e.extend,!1);return(c,u,f,p)=>dn(c,u,(m,S,g,b,C,k,A,V,H,y,O)=>{[f,p]=Al(g,f,p);let _=m.pxRound,{left:q,width:z}=c.
bbox,K=ne=>_(k(ne,b,y,V)),U=ne=>_(A(ne,C,O,H)),X=b.ori==0?Gn:Wn,B={stroke:new Path2D,fill:null,clip:null,band:null,gaps:null,flags:Vn},T=B.stroke,J=b.dir*(b.ori==
0?1:-1),N=U(g[J==1?f:p]),W=K(S[J==1?f:p]),F=W,te=W;r&&t==-1&&(te=q,X(T,te,N)),X(T,W,N);for(let ne=J==1?f:p;ne>=f&&ne<=p;ne+=J){let ce=g[ne];if(ce==null)continue;
let Z=K(S[ne]),$=U(ce);t==1?X(T,Z,N):X(T,F,$),X(T,Z,$),N=$,F=Z}let I=F;r&&t==1&&(I=q+z,X(T,I,N));let[Ke,Se]=jo(c,u);if(m.fill!=null||Ke!=0){let ne=B.fill=new Path2D(
T),ce=m.fillTo(c,u,m.min,m.max,Ke),Z=U(ce);X(ne,I,Z),X(ne,te,Z)}if(!m.spanGaps){let ne=[];ne.push(...Bo(S,g,f,p,J,K,n));let ce=m.width*se/2,Z=l||t==1?ce:-ce,$=l||
t==-1?-ce:ce;ne.forEach(Le=>{Le[0]+=Z,Le[1]+=$}),B.gaps=ne=m.gaps(c,u,f,p,ne),B.clip=Cl(ne,b.ori,V,H,y,O)}return Se!=0&&(B.band=Se==2?[Rt(c,u,f,p,T,-1),Rt(c,u,f,
p,T,1)]:Rt(c,u,f,p,T,Se)),B})}function Ls(e,t,l,n,r,c,u=de){if(e.length>1){let f=null;for(let p=0,m=1/0;p<e.length;p++)if(t[p]!==void 0){if(f!=null){let S=Ce(e[p]-
e[f]);S<m&&(m=S,u=Ce(l(e[p],n,r,c)-l(e[f],n,r,c)))}f=p}}return u}function pu(e){e=e||ol;let t=oe(e.size,[.6,de,1]),l=e.align||0,n=e.gap||0,r=e.radius;r=r==null?
[0,0]:typeof r=="number"?[r,0]:r;let c=ee(r),u=1-t[0],f=oe(t[1],de),p=oe(t[2],1),m=oe(e.disp,ol),S=oe(e.each,C=>{}),{fill:g,stroke:b}=m;return(C,k,A,V)=>dn(C,k,
(H,y,O,_,q,z,K,U,X,B,T)=>{let J=H.pxRound,N=l,W=n*se,F=f*se,te=p*se,I,Ke;_.ori==0?[I,Ke]=c(C,k):[Ke,I]=c(C,k);let Se=_.dir*(_.ori==0?1:-1),ne=_.ori==0?$l:Uo,ce=_.
ori==0?S:(P,me,Pe,gn,qt,kt,Kt)=>{S(P,me,Pe,qt,gn,Kt,kt)},Z=oe(C.bands,Fo).find(P=>P.series[0]==k),$=Z!=null?Z.dir:0,Le=H.fillTo(C,k,H.min,H.max,$),je=J(K(Le,q,T,
X)),xe,ie,ht,Xe=B,_e=J(H.width*se),_t=!1,Ct=null,it=null,Ot=null,pn=null;g!=null&&(_e==0||b!=null)&&(_t=!0,Ct=g.values(C,k,A,V),it=new Map,new Set(Ct).forEach(P=>{
P!=null&&it.set(P,new Path2D)}),_e>0&&(Ot=b.values(C,k,A,V),pn=new Map,new Set(Ot).forEach(P=>{P!=null&&pn.set(P,new Path2D)})));let{x0:mn,size:jn}=m;if(mn!=null&&
jn!=null){N=1,y=mn.values(C,k,A,V),mn.unit==2&&(y=y.map(Pe=>C.posToVal(U+Pe*B,_.key,!0)));let P=jn.values(C,k,A,V);jn.unit==2?ie=P[0]*B:ie=z(P[0],_,B,U)-z(0,_,B,
U),Xe=Ls(y,O,z,_,B,U,Xe),ht=Xe-ie+W}else Xe=Ls(y,O,z,_,B,U,Xe),ht=Xe*u+W,ie=Xe-ht;ht<1&&(ht=0),_e>=ie/2&&(_e=0),ht<5&&(J=Is);let il=ht>0,Yt=Xe-ht-(il?_e:0);ie=J(
Eo(Yt,te,F)),xe=(N==0?ie/2:N==Se?0:ie)-N*Se*((N==0?W/2:0)+(il?_e/2:0));let Be={stroke:null,fill:null,clip:null,band:null,gaps:null,flags:0},hn=_t?null:new Path2D,
zt=null;if(Z!=null)zt=C.data[Z.series[1]];else{let{y0:P,y1:me}=m;P!=null&&me!=null&&(O=me.values(C,k,A,V),zt=P.values(C,k,A,V))}let Jt=I*ie,Y=Ke*ie;for(let P=Se==
1?A:V;P>=A&&P<=V;P+=Se){let me=O[P];if(me==null)continue;if(zt!=null){let Ze=zt[P]??0;if(me-Ze==0)continue;je=K(Ze,q,T,X)}let Pe=_.distr!=2||m!=null?y[P]:P,gn=z(
Pe,_,B,U),qt=K(oe(me,Le),q,T,X),kt=J(gn-xe),Kt=J(qe(qt,je)),et=J(vt(qt,je)),at=Kt-et;if(me!=null){let Ze=me<0?Y:Jt,gt=me<0?Jt:Y;_t?(_e>0&&Ot[P]!=null&&ne(pn.get(
Ot[P]),kt,et+rt(_e/2),ie,qe(0,at-_e),Ze,gt),Ct[P]!=null&&ne(it.get(Ct[P]),kt,et+rt(_e/2),ie,qe(0,at-_e),Ze,gt)):ne(hn,kt,et+rt(_e/2),ie,qe(0,at-_e),Ze,gt),ce(C,
k,P,kt-_e/2,et,ie+_e,at)}}return _e>0?Be.stroke=_t?pn:hn:_t||(Be._fill=H.width==0?H._fill:H._stroke??H._fill,Be.width=0),Be.fill=_t?it:hn,Be})}function mu(e,t){
let l=oe(t?.alignGaps,0);return(n,r,c,u)=>dn(n,r,(f,p,m,S,g,b,C,k,A,V,H)=>{[c,u]=Al(m,c,u);let y=f.pxRound,O=I=>y(b(I,S,V,k)),_=I=>y(C(I,g,H,A)),q,z,K;S.ori==0?
(q=zl,K=Gn,z=fi):(q=Nl,K=Wn,z=di);let U=S.dir*(S.ori==0?1:-1),X=O(p[U==1?c:u]),B=X,T=[],J=[];for(let I=U==1?c:u;I>=c&&I<=u;I+=U)if(m[I]!=null){let Se=p[I],ne=O(
Se);T.push(B=ne),J.push(_(m[I]))}let N={stroke:e(T,J,q,K,z,y),fill:null,clip:null,band:null,gaps:null,flags:Vn},W=N.stroke,[F,te]=jo(n,r);if(f.fill!=null||F!=0){
let I=N.fill=new Path2D(W),Ke=f.fillTo(n,r,f.min,f.max,F),Se=_(Ke);K(I,B,Se),K(I,X,Se)}if(!f.spanGaps){let I=[];I.push(...Bo(p,m,c,u,U,O,l)),N.gaps=I=f.gaps(n,r,
c,u,I),N.clip=Cl(I,S.ori,k,A,V,H)}return te!=0&&(N.band=te==2?[Rt(n,r,c,u,W,-1),Rt(n,r,c,u,W,1)]:Rt(n,r,c,u,W,te)),N})}function hu(e){return mu(gu,e)}function gu(e,t,l,n,r,c){
let u=e.length;if(u<2)return null;let f=new Path2D;if(l(f,e[0],t[0]),u==2)n(f,e[1],t[1]);else{let p=Array(u),m=Array(u-1),S=Array(u-1),g=Array(u-1);for(let b=0;b<
u-1;b++)S[b]=t[b+1]-t[b],g[b]=e[b+1]-e[b],m[b]=S[b]/g[b];p[0]=m[0];for(let b=1;b<u-1;b++)m[b]===0||m[b-1]===0||m[b-1]>0!=m[b]>0?p[b]=0:(p[b]=3*(g[b-1]+g[b])/((2*
g[b]+g[b-1])/m[b-1]+(g[b]+2*g[b-1])/m[b]),isFinite(p[b])||(p[b]=0));p[u-1]=m[u-2];for(let b=0;b<u-1;b++)r(f,e[b]+g[b]/3,t[b]+p[b]*g[b]/3,e[b+1]-g[b]/3,t[b+1]-p[b+
1]*g[b]/3,e[b+1],t[b+1])}return f}var Do=new Set;function Ps(){for(let e of Do)e.syncRect(!0)}Hn&&(un(Ka,Rn,Ps),un(Za,Rn,Ps,!0),un(Tl,Rn,()=>{Ge.pxRatio=se}));var bu=hi(),
wu=pi();function Ds(e,t,l,n){return(n?[e[0],e[1]].concat(e.slice(2)):[e[0]].concat(e.slice(1))).map((c,u)=>Co(c,u,t,l))}function Su(e,t){return e.map((l,n)=>n==
0?{}:Ae({},t,l))}function Co(e,t,l,n){return Ae({},t==0?l:n,e)}function gi(e,t,l){return t==null?In:[t,l]}var xu=gi;function yu(e,t,l){return t==null?In:Ml(t,l,
Oo,!0)}function bi(e,t,l,n){return t==null?In:Ll(t,l,e.scales[n].log,!1)}var vu=bi;function wi(e,t,l,n){return t==null?In:Ro(t,l,e.scales[n].log,!1)}var _u=wi;function ku(e,t,l,n,r){
let c=qe(cs(e),cs(t)),u=t-e,f=yt(r/n*u,l);do{let p=l[f],m=n*p/u;if(m>=r&&c+(p<5?Bt.get(p):0)<=17)return[p,m]}while(++f<l.length);return[0,0]}function Cs(e){let t,
l;return e=e.replace(/(\d+)px/,(n,r)=>(t=De((l=+r)*se))+"px"),[e,t,l]}function Tu(e){e.show&&[e.font,e.labelFont].forEach(t=>{let l=pe(t[2]*se,1);t[0]=t[0].replace(
/[0-9.]+px/,l+"px"),t[1]=l})}function Ge(e,t,l){let n={mode:oe(e.mode,1)},r=n.mode;function c(o,s,i,a){let d=s.valToPct(o);return a+i*(s.dir==-1?1-d:d)}function u(o,s,i,a){
let d=s.valToPct(o);return a+i*(s.dir==-1?d:1-d)}function f(o,s,i,a){return s.ori==0?c(o,s,i,a):u(o,s,i,a)}n.valToPosH=c,n.valToPosV=u;let p=!1;n.status=0;let m=n.
root=pt(Ca);if(e.id!=null&&(m.id=e.id),ot(m,e.class),e.title){let o=pt($a,m);o.textContent=e.title}let S=xt("canvas"),g=n.ctx=S.getContext("2d"),b=pt(Ra,m);un("\
click",b,o=>{o.target===k&&(he!=En||ye!=An)&&He.click(n,o)},!0);let C=n.under=pt(Oa,b);b.appendChild(S);let k=n.over=pt(Ia,b);e=Fn(e);let A=+oe(e.pxAlign,1),V=As(
A);(e.plugins||[]).forEach(o=>{o.opts&&(e=o.opts(n,e)||e)});let H=e.ms||.001,y=n.series=r==1?Ds(e.series||[],ys,Ms,!1):Su(e.series||[null],Ts),O=n.axes=Ds(e.axes||
[],xs,_s,!0),_=n.scales={},q=n.bands=e.bands||[];q.forEach(o=>{o.fill=ee(o.fill||null),o.dir=oe(o.dir,-1)});let z=r==2?y[1].facets[0].scale:y[0].scale,K={axes:Ui,
series:Hi},U=(e.drawOrder||["axes","series"]).map(o=>K[o]);function X(o){let s=o.distr==3?i=>$t(i>0?i:o.clamp(n,i,o.min,o.max,o.key)):o.distr==4?i=>So(i,o.asinh):
o.distr==100?i=>o.fwd(i):i=>i;return i=>{let a=s(i),{_min:d,_max:h}=o,w=h-d;return(a-d)/w}}function B(o){let s=_[o];if(s==null){let i=(e.scales||ol)[o]||ol;if(i.
from!=null){B(i.from);let a=Ae({},_[i.from],i,{key:o});a.valToPct=X(a),_[o]=a}else{s=_[o]=Ae({},o==z?si:iu,i),s.key=o;let a=s.time,d=s.range,h=jt(d);if((o!=z||r==
2&&!a)&&(h&&(d[0]==null||d[1]==null)&&(d={min:d[0]==null?ss:{mode:1,hard:d[0],soft:d[0]},max:d[1]==null?ss:{mode:1,hard:d[1],soft:d[1]}},h=!1),!h&&Dl(d))){let w=d;
d=(x,v,E)=>v==null?In:Ml(v,E,w)}s.range=ee(d||(a?xu:o==z?s.distr==3?vu:s.distr==4?_u:gi:s.distr==3?bi:s.distr==4?wi:yu)),s.auto=ee(h?!1:s.auto),s.clamp=ee(s.clamp||
su),s._min=s._max=null,s.valToPct=X(s)}}}B("x"),B("y"),r==1&&y.forEach(o=>{B(o.scale)}),O.forEach(o=>{B(o.scale)});for(let o in e.scales)B(o);let T=_[z],J=T.distr,
N,W;T.ori==0?(ot(m,za),N=c,W=u):(ot(m,Na),N=u,W=c);let F={};for(let o in _){let s=_[o];(s.min!=null||s.max!=null)&&(F[o]={min:s.min,max:s.max},s.min=s.max=null)}
let te=e.tzDate||(o=>new Date(De(o/H))),I=e.fmtDate||Vo,Ke=H==1?zc(te):Rc(te),Se=bs(te,gs(H==1?Cc:$c,I)),ne=Ss(te,ws(Ic,I)),ce=[],Z=n.legend=Ae({},Hc,e.legend),
$=n.cursor=Ae({},Yc,{drag:{y:r==2}},e.cursor),Le=Z.show,je=$.show,xe=Z.markers;Z.idxs=ce,xe.width=ee(xe.width),xe.dash=ee(xe.dash),xe.stroke=ee(xe.stroke),xe.fill=
ee(xe.fill);let ie,ht,Xe,_e=[],_t=[],Ct,it=!1,Ot={};if(Z.live){let o=y[1]?y[1].values:null;it=o!=null,Ct=it?o(n,1,0):{_:0};for(let s in Ct)Ot[s]=No}if(Le)if(ie=
xt("table",ja,m),Xe=xt("tbody",null,ie),Z.mount(n,ie),it){ht=xt("thead",null,ie,Xe);let o=xt("tr",null,ht);xt("th",null,o);for(var pn in Ct)xt("th",Yr,o).textContent=
pn}else ot(ie,Ua),Z.live&&ot(ie,Ba);let mn={show:!0},jn={show:!1};function il(o,s){if(s==0&&(it||!Z.live||r==2))return In;let i=[],a=xt("tr",Ya,Xe,Xe.childNodes[s]);
ot(a,o.class),o.show||ot(a,cn);let d=xt("th",null,a);if(xe.show){let x=pt(Ja,d);if(s>0){let v=xe.width(n,s);v&&(x.style.border=v+"px "+xe.dash(n,s)+" "+xe.stroke(
n,s)),x.style.background=xe.fill(n,s)}}let h=pt(Yr,d);o.label instanceof HTMLElement?h.appendChild(o.label):h.textContent=o.label,s>0&&(xe.show||(h.style.color=
o.width>0?xe.stroke(n,s):xe.fill(n,s)),Be("click",d,x=>{if($._lock)return;Qt(x);let v=y.indexOf(o);if((x.ctrlKey||x.metaKey)!=Z.isolate){let E=y.some((L,D)=>D>0&&
D!=v&&L.show);y.forEach((L,D)=>{D>0&&Mt(D,E?D==v?mn:jn:mn,!0,Ee.setSeries)})}else Mt(v,{show:!o.show},!0,Ee.setSeries)},!1),wn&&Be(Zr,d,x=>{$._lock||(Qt(x),Mt(y.
indexOf(o),Pn,!0,Ee.setSeries))},!1));for(var w in Ct){let x=xt("td",qa,a);x.textContent="--",i.push(x)}return[a,i]}let Yt=new Map;function Be(o,s,i,a=!0){let d=Yt.
get(s)||{},h=$.bind[o](n,s,i,a);h&&(un(o,s,d[o]=h),Yt.set(s,d))}function hn(o,s,i){let a=Yt.get(s)||{};for(let d in a)(o==null||d==o)&&(Mo(d,s,a[d]),delete a[d]);
o==null&&Yt.delete(s)}let zt=0,Jt=0,Y=0,P=0,me=0,Pe=0,gn=me,qt=Pe,kt=Y,Kt=P,et=0,at=0,Ze=0,gt=0;n.bbox={};let Vl=!1,al=!1,bn=!1,Zt=!1,cl=!1,ct=!1;function Hl(o,s,i){
(i||o!=n.width||s!=n.height)&&Zo(o,s),_n(!1),bn=!0,al=!0,kn()}function Zo(o,s){n.width=zt=Y=o,n.height=Jt=P=s,me=Pe=0,Ni(),$i();let i=n.bbox;et=i.left=sn(me*se,
.5),at=i.top=sn(Pe*se,.5),Ze=i.width=sn(Y*se,.5),gt=i.height=sn(P*se,.5)}let Di=3;function Ci(){let o=!1,s=0;for(;!o;){s++;let i=ji(s),a=Bi(s);o=s==Di||i&&a,o||
(Zo(n.width,n.height),al=!0)}}function zi({width:o,height:s}){Hl(o,s)}n.setSize=zi;function Ni(){let o=!1,s=!1,i=!1,a=!1;O.forEach((d,h)=>{if(d.show&&d._show){let{
side:w,_size:x}=d,v=w%2,E=d.label!=null?d.labelSize:0,L=x+E;L>0&&(v?(Y-=L,w==3?(me+=L,a=!0):i=!0):(P-=L,w==0?(Pe+=L,o=!0):s=!0))}}),Xt[0]=o,Xt[1]=i,Xt[2]=s,Xt[3]=
a,Y-=It[1]+It[3],me+=It[3],P-=It[2]+It[0],Pe+=It[0]}function $i(){let o=me+Y,s=Pe+P,i=me,a=Pe;function d(h,w){switch(h){case 1:return o+=w,o-w;case 2:return s+=
w,s-w;case 3:return i-=w,i+w;case 0:return a-=w,a+w}}O.forEach((h,w)=>{if(h.show&&h._show){let x=h.side;h._pos=d(x,h._size),h.label!=null&&(h._lpos=d(x,h.labelSize))}})}
if($.dataIdx==null){let o=$.hover,s=o.skip=new Set(o.skip??[]);s.add(void 0);let i=o.prox=ee(o.prox),a=o.bias??=0;$.dataIdx=(d,h,w,x)=>{if(h==0)return w;let v=w,
E=i(d,h,w,x)??de,L=E>=0&&E<de,D=T.ori==0?Y:P,j=$.left,re=t[0],le=t[h];if(s.has(le[w])){v=null;let Q=null,G=null,R;if(a==0||a==-1)for(R=w;Q==null&&R-- >0;)s.has(
le[R])||(Q=R);if(a==0||a==1)for(R=w;G==null&&R++<le.length;)s.has(le[R])||(G=R);if(Q!=null||G!=null)if(L){let be=Q==null?-1/0:N(re[Q],T,D,0),ke=G==null?1/0:N(re[G],
T,D,0),Ie=j-be,ue=ke-j;Ie<=ue?Ie<=E&&(v=Q):ue<=E&&(v=G)}else v=G==null?Q:Q==null?G:w-Q<=G-w?Q:G}else L&&Ce(j-N(re[w],T,D,0))>E&&(v=null);return v}}let Qt=o=>{$.
event=o};$.idxs=ce,$._lock=!1;let We=$.points;We.show=ee(We.show),We.size=ee(We.size),We.stroke=ee(We.stroke),We.width=ee(We.width),We.fill=ee(We.fill);let Tt=n.
focus=Ae({},e.focus||{alpha:.3},$.focus),wn=Tt.prox>=0,Sn=wn&&We.one,ut=[],xn=[],yn=[];function Qo(o,s){let i=We.show(n,s);if(i instanceof HTMLElement)return ot(
i,Wa),ot(i,o.class),Dt(i,-10,-10,Y,P),k.insertBefore(i,ut[s]),i}function Xo(o,s){if(r==1||s>0){let i=r==1&&_[o.scale].time,a=o.value;o.value=i?ds(a)?Ss(te,ws(a,
I)):a||ne:a||lu,o.label=o.label||(i?qc:Jc)}if(Sn||s>0){o.width=o.width==null?1:o.width,o.paths=o.paths||bu||ic,o.fillTo=ee(o.fillTo||au),o.pxAlign=+oe(o.pxAlign,
A),o.pxRound=As(o.pxAlign),o.stroke=ee(o.stroke||null),o.fill=ee(o.fill||null),o._stroke=o._fill=o._paths=o._focus=null;let i=ou(qe(1,o.width),1),a=o.points=Ae(
{},{size:i,width:qe(1,i*.2),stroke:o.stroke,space:i*2,paths:wu,_stroke:null,_fill:null},o.points);a.show=ee(a.show),a.filter=ee(a.filter),a.fill=ee(a.fill),a.stroke=
ee(a.stroke),a.paths=ee(a.paths),a.pxAlign=o.pxAlign}if(Le){let i=il(o,s);_e.splice(s,0,i[0]),_t.splice(s,0,i[1]),Z.values.push(null)}if(je){ce.splice(s,0,null);
let i=null;Sn?s==0&&(i=Qo(o,s)):s>0&&(i=Qo(o,s)),ut.splice(s,0,i),xn.splice(s,0,0),yn.splice(s,0,0)}Oe("addSeries",s)}function Ri(o,s){s=s??y.length,o=r==1?Co(o,
s,ys,Ms):Co(o,s,{},Ts),y.splice(s,0,o),Xo(y[s],s)}n.addSeries=Ri;function Oi(o){if(y.splice(o,1),Le){Z.values.splice(o,1),_t.splice(o,1);let s=_e.splice(o,1)[0];
hn(null,s.firstChild),s.remove()}je&&(ce.splice(o,1),ut.splice(o,1)[0].remove(),xn.splice(o,1),yn.splice(o,1)),Oe("delSeries",o)}n.delSeries=Oi;let Xt=[!1,!1,!1,
!1];function Ii(o,s){if(o._show=o.show,o.show){let i=o.side%2,a=_[o.scale];a==null&&(o.scale=i?y[1].scale:z,a=_[o.scale]);let d=a.time;o.size=ee(o.size),o.space=
ee(o.space),o.rotate=ee(o.rotate),jt(o.incrs)&&o.incrs.forEach(w=>{!Bt.has(w)&&Bt.set(w,Hs(w))}),o.incrs=ee(o.incrs||(a.distr==2?Lc:d?H==1?Dc:Nc:an)),o.splits=ee(
o.splits||(d&&a.distr==1?Ke:a.distr==3?Ao:a.distr==4?Qc:Zc)),o.stroke=ee(o.stroke),o.grid.stroke=ee(o.grid.stroke),o.ticks.stroke=ee(o.ticks.stroke),o.border.stroke=
ee(o.border.stroke);let h=o.values;o.values=jt(h)&&!jt(h[0])?ee(h):d?jt(h)?bs(te,gs(h,I)):ds(h)?Oc(te,h):h||Se:h||Kc,o.filter=ee(o.filter||(a.distr>=3&&a.log==10?
tu:a.distr==3&&a.log==2?nu:Fs)),o.font=Cs(o.font),o.labelFont=Cs(o.labelFont),o._size=o.size(n,null,s,0),o._space=o._rotate=o._incrs=o._found=o._splits=o._values=
null,o._size>0&&(Xt[s]=!0,o._el=pt(Fa,b))}}function Bn(o,s,i,a){let[d,h,w,x]=i,v=s%2,E=0;return v==0&&(x||h)&&(E=s==0&&!d||s==2&&!w?De(xs.size/3):0),v==1&&(d||w)&&
(E=s==1&&!h||s==3&&!x?De(_s.size/2):0),E}let er=n.padding=(e.padding||[Bn,Bn,Bn,Bn]).map(o=>ee(oe(o,Bn))),It=n._padding=er.map((o,s)=>o(n,s,Xt,0)),Ve,ze=null,Ne=null,
ul=r==1?y[0].idxs:null,bt=null,Un=!1;function tr(o,s){if(t=o??[],n.data=n._data=t,r==2){Ve=0;for(let i=1;i<y.length;i++)Ve+=t[i][0].length}else{t.length==0&&(n.
data=n._data=t=[[]]),bt=t[0],Ve=bt.length;let i=t;if(J==2){i=t.slice();let a=i[0]=Array(Ve);for(let d=0;d<Ve;d++)a[d]=d}n._data=t=i}if(_n(!0),Oe("setData"),J==2&&
(bn=!0),s!==!1){let i=T;i.auto(n,Un)?Gl():Vt(z,i.min,i.max),Zt=Zt||$.left>=0,ct=!0,kn()}}n.setData=tr;function Gl(){Un=!0;let o,s;r==1&&(Ve>0?(ze=ul[0]=0,Ne=ul[1]=
Ve-1,o=t[0][ze],s=t[0][Ne],J==2?(o=ze,s=Ne):o==s&&(J==3?[o,s]=Ll(o,o,T.log,!1):J==4?[o,s]=Ro(o,o,T.log,!1):T.time?s=o+De(86400/H):[o,s]=Ml(o,s,Oo,!0))):(ze=ul[0]=
o=null,Ne=ul[1]=s=null)),Vt(z,o,s)}let fl,vn,Wl,jl,Bl,Ul,Yl,Jl,ql,Qe;function nr(o,s,i,a,d,h){o??=qr,i??=Fo,a??="butt",d??=qr,h??="round",o!=fl&&(g.strokeStyle=
fl=o),d!=vn&&(g.fillStyle=vn=d),s!=Wl&&(g.lineWidth=Wl=s),h!=Bl&&(g.lineJoin=Bl=h),a!=Ul&&(g.lineCap=Ul=a),i!=jl&&g.setLineDash(jl=i)}function lr(o,s,i,a){s!=vn&&
(g.fillStyle=vn=s),o!=Yl&&(g.font=Yl=o),i!=Jl&&(g.textAlign=Jl=i),a!=ql&&(g.textBaseline=ql=a)}function Kl(o,s,i,a,d=0){if(a.length>0&&o.auto(n,Un)&&(s==null||s.
min==null)){let h=oe(ze,0),w=oe(Ne,a.length-1),x=i.min==null?tc(a,h,w,d,o.distr==3):[i.min,i.max];o.min=vt(o.min,i.min=x[0]),o.max=qe(o.max,i.max=x[1])}}let or={
min:null,max:null};function Fi(){for(let a in _){let d=_[a];F[a]==null&&(d.min==null||F[z]!=null&&d.auto(n,Un))&&(F[a]=or)}for(let a in _){let d=_[a];F[a]==null&&
d.from!=null&&F[d.from]!=null&&(F[a]=or)}F[z]!=null&&_n(!0);let o={};for(let a in F){let d=F[a];if(d!=null){let h=o[a]=Fn(_[a],uc);if(d.min!=null)Ae(h,d);else if(a!=
z||r==2)if(Ve==0&&h.from==null){let w=h.range(n,null,null,a);h.min=w[0],h.max=w[1]}else h.min=de,h.max=-de}}if(Ve>0){y.forEach((a,d)=>{if(r==1){let h=a.scale,w=F[h];
if(w==null)return;let x=o[h];if(d==0){let v=x.range(n,x.min,x.max,h);x.min=v[0],x.max=v[1],ze=yt(x.min,t[0]),Ne=yt(x.max,t[0]),Ne-ze>1&&(t[0][ze]<x.min&&ze++,t[0][Ne]>
x.max&&Ne--),a.min=bt[ze],a.max=bt[Ne]}else a.show&&a.auto&&Kl(x,w,a,t[d],a.sorted);a.idxs[0]=ze,a.idxs[1]=Ne}else if(d>0&&a.show&&a.auto){let[h,w]=a.facets,x=h.
scale,v=w.scale,[E,L]=t[d],D=o[x],j=o[v];D!=null&&Kl(D,F[x],h,E,h.sorted),j!=null&&Kl(j,F[v],w,L,w.sorted),a.min=w.min,a.max=w.max}});for(let a in o){let d=o[a],
h=F[a];if(d.from==null&&(h==null||h.min==null)){let w=d.range(n,d.min==de?null:d.min,d.max==-de?null:d.max,a);d.min=w[0],d.max=w[1]}}}for(let a in o){let d=o[a];
if(d.from!=null){let h=o[d.from];if(h.min==null)d.min=d.max=null;else{let w=d.range(n,h.min,h.max,a);d.min=w[0],d.max=w[1]}}}let s={},i=!1;for(let a in o){let d=o[a],
h=_[a];if(h.min!=d.min||h.max!=d.max){h.min=d.min,h.max=d.max;let w=h.distr;h._min=w==3?$t(h.min):w==4?So(h.min,h.asinh):w==100?h.fwd(h.min):h.min,h._max=w==3?$t(
h.max):w==4?So(h.max,h.asinh):w==100?h.fwd(h.max):h.max,s[a]=i=!0}}if(i){y.forEach((a,d)=>{r==2?d>0&&s.y&&(a._paths=null):s[a.scale]&&(a._paths=null)});for(let a in s)
bn=!0,Oe("setScale",a);je&&$.left>=0&&(Zt=ct=!0)}for(let a in F)F[a]=null}function Vi(o){let s=Eo(ze-1,0,Ve-1),i=Eo(Ne+1,0,Ve-1);for(;o[s]==null&&s>0;)s--;for(;o[i]==
null&&i<Ve-1;)i++;return[s,i]}function Hi(){if(Ve>0){let o=y.some(s=>s._focus)&&Qe!=Tt.alpha;o&&(g.globalAlpha=Qe=Tt.alpha),y.forEach((s,i)=>{if(i>0&&s.show&&(rr(
i,!1),rr(i,!0),s._paths==null)){let a=Qe;Qe!=s.alpha&&(g.globalAlpha=Qe=s.alpha);let d=r==2?[0,t[i][0].length-1]:Vi(t[i]);s._paths=s.paths(n,i,d[0],d[1]),Qe!=a&&
(g.globalAlpha=Qe=a)}}),y.forEach((s,i)=>{if(i>0&&s.show){let a=Qe;Qe!=s.alpha&&(g.globalAlpha=Qe=s.alpha),s._paths!=null&&sr(i,!1);{let d=s._paths!=null?s._paths.
gaps:null,h=s.points.show(n,i,ze,Ne,d),w=s.points.filter(n,i,h,d);(h||w)&&(s.points._paths=s.points.paths(n,i,ze,Ne,w),sr(i,!0))}Qe!=a&&(g.globalAlpha=Qe=a),Oe(
"drawSeries",i)}}),o&&(g.globalAlpha=Qe=1)}}function rr(o,s){let i=s?y[o].points:y[o];i._stroke=i.stroke(n,o),i._fill=i.fill(n,o)}function sr(o,s){let i=s?y[o].
points:y[o],{stroke:a,fill:d,clip:h,flags:w,_stroke:x=i._stroke,_fill:v=i._fill,_width:E=i.width}=i._paths;E=pe(E*se,3);let L=null,D=E%2/2;s&&v==null&&(v=E>0?"#\
fff":x);let j=i.pxAlign==1&&D>0;if(j&&g.translate(D,D),!s){let re=et-E/2,le=at-E/2,Q=Ze+E,G=gt+E;L=new Path2D,L.rect(re,le,Q,G)}s?Zl(x,E,i.dash,i.cap,v,a,d,w,h):
Gi(o,x,E,i.dash,i.cap,v,a,d,w,L,h),j&&g.translate(-D,-D)}function Gi(o,s,i,a,d,h,w,x,v,E,L){let D=!1;v!=0&&q.forEach((j,re)=>{if(j.series[0]==o){let le=y[j.series[1]],
Q=t[j.series[1]],G=(le._paths||ol).band;jt(G)&&(G=j.dir==1?G[0]:G[1]);let R,be=null;le.show&&G&&lc(Q,ze,Ne)?(be=j.fill(n,re)||h,R=le._paths.clip):G=null,Zl(s,i,
a,d,be,w,x,v,E,L,R,G),D=!0}}),D||Zl(s,i,a,d,h,w,x,v,E,L)}let ir=Vn|Po;function Zl(o,s,i,a,d,h,w,x,v,E,L,D){nr(o,s,i,a,d),(v||E||D)&&(g.save(),v&&g.clip(v),E&&g.
clip(E)),D?(x&ir)==ir?(g.clip(D),L&&g.clip(L),pl(d,w),dl(o,h,s)):x&Po?(pl(d,w),g.clip(D),dl(o,h,s)):x&Vn&&(g.save(),g.clip(D),L&&g.clip(L),pl(d,w),g.restore(),dl(
o,h,s)):(pl(d,w),dl(o,h,s)),(v||E||D)&&g.restore()}function dl(o,s,i){i>0&&(s instanceof Map?s.forEach((a,d)=>{g.strokeStyle=fl=d,g.stroke(a)}):s!=null&&o&&g.stroke(
s))}function pl(o,s){s instanceof Map?s.forEach((i,a)=>{g.fillStyle=vn=a,g.fill(i)}):s!=null&&o&&g.fill(s)}function Wi(o,s,i,a){let d=O[o],h;if(a<=0)h=[0,0];else{
let w=d._space=d.space(n,o,s,i,a),x=d._incrs=d.incrs(n,o,s,i,a,w);h=ku(s,i,x,a,w)}return d._found=h}function Ql(o,s,i,a,d,h,w,x,v,E){let L=w%2/2;A==1&&g.translate(
L,L),nr(x,w,v,E,x),g.beginPath();let D,j,re,le,Q=d+(a==0||a==3?-h:h);i==0?(j=d,le=Q):(D=d,re=Q);for(let G=0;G<o.length;G++)s[G]!=null&&(i==0?D=re=o[G]:j=le=o[G],
g.moveTo(D,j),g.lineTo(re,le));g.stroke(),A==1&&g.translate(-L,-L)}function ji(o){let s=!0;return O.forEach((i,a)=>{if(!i.show)return;let d=_[i.scale];if(d.min==
null){i._show&&(s=!1,i._show=!1,_n(!1));return}else i._show||(s=!1,i._show=!0,_n(!1));let h=i.side,w=h%2,{min:x,max:v}=d,[E,L]=Wi(a,x,v,w==0?Y:P);if(L==0)return;
let D=d.distr==2,j=i._splits=i.splits(n,a,x,v,E,L,D),re=d.distr==2?j.map(R=>bt[R]):j,le=d.distr==2?bt[j[1]]-bt[j[0]]:E,Q=i._values=i.values(n,i.filter(n,re,a,L,
le),a,L,le);i._rotate=h==2?i.rotate(n,Q,a,L):0;let G=i._size;i._size=mt(i.size(n,Q,a,o)),G!=null&&i._size!=G&&(s=!1)}),s}function Bi(o){let s=!0;return er.forEach(
(i,a)=>{let d=i(n,a,Xt,o);d!=It[a]&&(s=!1),It[a]=d}),s}function Ui(){for(let o=0;o<O.length;o++){let s=O[o];if(!s.show||!s._show)continue;let i=s.side,a=i%2,d,h,
w=s.stroke(n,o),x=i==0||i==3?-1:1,[v,E]=s._found;if(s.label!=null){let Ye=s.labelGap*x,lt=De((s._lpos+Ye)*se);lr(s.labelFont[0],w,"center",i==2?"top":Jr),g.save(),
a==1?(d=h=0,g.translate(lt,De(at+gt/2)),g.rotate((i==3?-kl:kl)/2)):(d=De(et+Ze/2),h=lt);let nn=Os(s.label)?s.label(n,o,v,E):s.label;g.fillText(nn,d,h),g.restore()}
if(E==0)continue;let L=_[s.scale],D=a==0?Ze:gt,j=a==0?et:at,re=s._splits,le=L.distr==2?re.map(Ye=>bt[Ye]):re,Q=L.distr==2?bt[re[1]]-bt[re[0]]:v,G=s.ticks,R=s.border,
be=G.show?G.size:0,ke=De(be*se),Ie=De((s.alignTo==2?s._size-be-s.gap:s.gap)*se),ue=s._rotate*-kl/180,Te=V(s._pos*se),tt=(ke+Ie)*x,Ue=Te+tt;h=a==0?Ue:0,d=a==1?Ue:
0;let ft=s.font[0],wt=s.align==1?Nn:s.align==2?go:ue>0?Nn:ue<0?go:a==0?"center":i==3?go:Nn,At=ue||a==1?"middle":i==2?"top":Jr;lr(ft,w,wt,At);let nt=s.font[1]*s.
lineGap,dt=re.map(Ye=>V(f(Ye,L,D,j))),St=s._values;for(let Ye=0;Ye<St.length;Ye++){let lt=St[Ye];if(lt!=null){a==0?d=dt[Ye]:h=dt[Ye],lt=""+lt;let nn=lt.indexOf(
`
`)==-1?[lt]:lt.split(/\n/gm);for(let Je=0;Je<nn.length;Je++){let Mr=nn[Je];ue?(g.save(),g.translate(d,h+Je*nt),g.rotate(ue),g.fillText(Mr,0,0),g.restore()):g.fillText(
Mr,d,h+Je*nt)}}}G.show&&Ql(dt,G.filter(n,le,o,E,Q),a,i,Te,ke,pe(G.width*se,3),G.stroke(n,o),G.dash,G.cap);let Lt=s.grid;Lt.show&&Ql(dt,Lt.filter(n,le,o,E,Q),a,a==
0?2:1,a==0?at:et,a==0?gt:Ze,pe(Lt.width*se,3),Lt.stroke(n,o),Lt.dash,Lt.cap),R.show&&Ql([Te],[1],a==0?1:0,a==0?1:2,a==1?at:et,a==1?gt:Ze,pe(R.width*se,3),R.stroke(
n,o),R.dash,R.cap)}Oe("drawAxes")}function _n(o){y.forEach((s,i)=>{i>0&&(s._paths=null,o&&(r==1?(s.min=null,s.max=null):s.facets.forEach(a=>{a.min=null,a.max=null})))})}
let ml=!1,Xl=!1,Yn=[];function Yi(){Xl=!1;for(let o=0;o<Yn.length;o++)Oe(...Yn[o]);Yn.length=0}function kn(){ml||(bc(ar),ml=!0)}function Ji(o,s=!1){ml=!0,Xl=s,o(
n),ar(),s&&Yn.length>0&&queueMicrotask(Yi)}n.batch=Ji;function ar(){if(Vl&&(Fi(),Vl=!1),bn&&(Ci(),bn=!1),al){if(we(C,Nn,me),we(C,"top",Pe),we(C,el,Y),we(C,tl,P),
we(k,Nn,me),we(k,"top",Pe),we(k,el,Y),we(k,tl,P),we(b,el,zt),we(b,tl,Jt),S.width=De(zt*se),S.height=De(Jt*se),O.forEach(({_el:o,_show:s,_size:i,_pos:a,side:d})=>{
if(o!=null)if(s){let h=d===3||d===0?i:0,w=d%2==1;we(o,w?"left":"top",a-h),we(o,w?"width":"height",i),we(o,w?"top":"left",w?Pe:me),we(o,w?"height":"width",w?P:Y),
To(o,cn)}else ot(o,cn)}),fl=vn=Wl=Bl=Ul=Yl=Jl=ql=jl=null,Qe=1,Kn(!0),me!=gn||Pe!=qt||Y!=kt||P!=Kt){_n(!1);let o=Y/kt,s=P/Kt;if(je&&!Zt&&$.left>=0){$.left*=o,$.top*=
s,Tn&&Dt(Tn,De($.left),0,Y,P),Mn&&Dt(Mn,0,De($.top),Y,P);for(let i=0;i<ut.length;i++){let a=ut[i];a!=null&&(xn[i]*=o,yn[i]*=s,Dt(a,mt(xn[i]),mt(yn[i]),Y,P))}}if(ge.
show&&!cl&&ge.left>=0&&ge.width>0){ge.left*=o,ge.width*=o,ge.top*=s,ge.height*=s;for(let i in ro)we(Ln,i,ge[i])}gn=me,qt=Pe,kt=Y,Kt=P}Oe("setSize"),al=!1}zt>0&&
Jt>0&&(g.clearRect(0,0,S.width,S.height),Oe("drawClear"),U.forEach(o=>o()),Oe("draw")),ge.show&&cl&&(hl(ge),cl=!1),je&&Zt&&(tn(null,!0,!1),Zt=!1),Z.show&&Z.live&&
ct&&(lo(),ct=!1),p||(p=!0,n.status=1,Oe("ready")),Un=!1,ml=!1}n.redraw=(o,s)=>{bn=s||!1,o!==!1?Vt(z,T.min,T.max):kn()};function eo(o,s){let i=_[o];if(i.from==null){
if(Ve==0){let a=i.range(n,s.min,s.max,o);s.min=a[0],s.max=a[1]}if(s.min>s.max){let a=s.min;s.min=s.max,s.max=a}if(Ve>1&&s.min!=null&&s.max!=null&&s.max-s.min<1e-16)
return;o==z&&i.distr==2&&Ve>0&&(s.min=yt(s.min,t[0]),s.max=yt(s.max,t[0]),s.min==s.max&&s.max++),F[o]=s,Vl=!0,kn()}}n.setScale=eo;let to,no,Tn,Mn,cr,ur,En,An,fr,
dr,he,ye,Ft=!1,He=$.drag,$e=He.x,Re=He.y;je&&($.x&&(to=pt(Ha,k)),$.y&&(no=pt(Ga,k)),T.ori==0?(Tn=to,Mn=no):(Tn=no,Mn=to),he=$.left,ye=$.top);let ge=n.select=Ae(
{show:!0,over:!0,left:0,width:0,top:0,height:0},e.select),Ln=ge.show?pt(Va,ge.over?k:C):null;function hl(o,s){if(ge.show){for(let i in o)ge[i]=o[i],i in ro&&we(
Ln,i,o[i]);s!==!1&&Oe("setSelect")}}n.setSelect=hl;function qi(o){if(y[o].show)Le&&To(_e[o],cn);else if(Le&&ot(_e[o],cn),je){let i=Sn?ut[0]:ut[o];i!=null&&Dt(i,
-10,-10,Y,P)}}function Vt(o,s,i){eo(o,{min:s,max:i})}function Mt(o,s,i,a){s.focus!=null&&ea(o),s.show!=null&&y.forEach((d,h)=>{h>0&&(o==h||o==null)&&(d.show=s.show,
qi(h),r==2?(Vt(d.facets[0].scale,null,null),Vt(d.facets[1].scale,null,null)):Vt(d.scale,null,null),kn())}),i!==!1&&Oe("setSeries",o,s),a&&Zn("setSeries",n,o,s)}
n.setSeries=Mt;function Ki(o,s){Ae(q[o],s)}function Zi(o,s){o.fill=ee(o.fill||null),o.dir=oe(o.dir,-1),s=s??q.length,q.splice(s,0,o)}function Qi(o){o==null?q.length=
0:q.splice(o,1)}n.addBand=Zi,n.setBand=Ki,n.delBand=Qi;function Xi(o,s){y[o].alpha=s,je&&ut[o]!=null&&(ut[o].style.opacity=s),Le&&_e[o]&&(_e[o].style.opacity=s)}
let Nt,Ht,en,Pn={focus:!0};function ea(o){if(o!=en){let s=o==null,i=Tt.alpha!=1;y.forEach((a,d)=>{if(r==1||d>0){let h=s||d==0||d==o;a._focus=s?null:h,i&&Xi(d,h?
1:Tt.alpha)}}),en=o,i&&kn()}}Le&&wn&&Be(Qr,ie,o=>{$._lock||(Qt(o),en!=null&&Mt(null,Pn,!0,Ee.setSeries))});function Et(o,s,i){let a=_[s];i&&(o=o/se-(a.ori==1?Pe:
me));let d=Y;a.ori==1&&(d=P,o=d-o),a.dir==-1&&(o=d-o);let h=a._min,w=a._max,x=o/d,v=h+(w-h)*x,E=a.distr;return E==3?On(10,v):E==4?rc(v,a.asinh):E==100?a.bwd(v):
v}function ta(o,s){let i=Et(o,z,s);return yt(i,t[0],ze,Ne)}n.valToIdx=o=>yt(o,t[0]),n.posToIdx=ta,n.posToVal=Et,n.valToPos=(o,s,i)=>_[s].ori==0?c(o,_[s],i?Ze:Y,
i?et:0):u(o,_[s],i?gt:P,i?at:0),n.setCursor=(o,s,i)=>{he=o.left,ye=o.top,tn(null,s,i)};function pr(o,s){we(Ln,Nn,ge.left=o),we(Ln,el,ge.width=s)}function mr(o,s){
we(Ln,"top",ge.top=o),we(Ln,tl,ge.height=s)}let Jn=T.ori==0?pr:mr,qn=T.ori==1?pr:mr;function na(){if(Le&&Z.live)for(let o=r==2?1:0;o<y.length;o++){if(o==0&&it)continue;
let s=Z.values[o],i=0;for(let a in s)_t[o][i++].firstChild.nodeValue=s[a]}}function lo(o,s){if(o!=null&&(o.idxs?o.idxs.forEach((i,a)=>{ce[a]=i}):cc(o.idx)||ce.fill(
o.idx),Z.idx=ce[0]),Le&&Z.live){for(let i=0;i<y.length;i++)(i>0||r==1&&!it)&&la(i,ce[i]);na()}ct=!1,s!==!1&&Oe("setLegend")}n.setLegend=lo;function la(o,s){let i=y[o],
a=o==0&&J==2?bt:t[o],d;it?d=i.values(n,o,s)??Ot:(d=i.value(n,s==null?null:a[s],o,s),d=d==null?Ot:{_:d}),Z.values[o]=d}function tn(o,s,i){fr=he,dr=ye,[he,ye]=$.move(
n,he,ye),$.left=he,$.top=ye,je&&(Tn&&Dt(Tn,De(he),0,Y,P),Mn&&Dt(Mn,0,De(ye),Y,P));let a,d=ze>Ne;Nt=de,Ht=null;let h=T.ori==0?Y:P,w=T.ori==1?Y:P;if(he<0||Ve==0||
d){a=$.idx=null;for(let x=0;x<y.length;x++){let v=ut[x];v!=null&&Dt(v,-10,-10,Y,P)}wn&&Mt(null,Pn,!0,o==null&&Ee.setSeries),Z.live&&(ce.fill(a),ct=!0)}else{let x,
v,E;r==1&&(x=T.ori==0?he:ye,v=Et(x,z),a=$.idx=yt(v,t[0],ze,Ne),E=N(t[0][a],T,h,0));let L=-10,D=-10,j=0,re=0,le=!0,Q="",G="";for(let R=r==2?1:0;R<y.length;R++){let be=y[R],
ke=ce[R],Ie=ke==null?null:r==1?t[R][ke]:t[R][1][ke],ue=$.dataIdx(n,R,a,v),Te=ue==null?null:r==1?t[R][ue]:t[R][1][ue];if(ct=ct||Te!=Ie||ue!=ke,ce[R]=ue,R>0&&be.show){
let tt=ue==null?-10:ue==a?E:N(r==1?t[0][ue]:t[R][0][ue],T,h,0),Ue=Te==null?-10:W(Te,r==1?_[be.scale]:_[be.facets[1].scale],w,0);if(wn&&Te!=null){let ft=T.ori==1?
he:ye,wt=Ce(Tt.dist(n,R,ue,Ue,ft));if(wt<Nt){let At=Tt.bias;if(At!=0){let nt=Et(ft,be.scale),dt=Te>=0?1:-1,St=nt>=0?1:-1;St==dt&&(St==1?At==1?Te>=nt:Te<=nt:At==
1?Te<=nt:Te>=nt)&&(Nt=wt,Ht=R)}else Nt=wt,Ht=R}}if(ct||Sn){let ft,wt;T.ori==0?(ft=tt,wt=Ue):(ft=Ue,wt=tt);let At,nt,dt,St,Lt,Ye,lt=!0,nn=We.bbox;if(nn!=null){lt=
!1;let Je=nn(n,R);dt=Je.left,St=Je.top,At=Je.width,nt=Je.height}else dt=ft,St=wt,At=nt=We.size(n,R);if(Ye=We.fill(n,R),Lt=We.stroke(n,R),Sn)R==Ht&&Nt<=Tt.prox&&
(L=dt,D=St,j=At,re=nt,le=lt,Q=Ye,G=Lt);else{let Je=ut[R];Je!=null&&(xn[R]=dt,yn[R]=St,rs(Je,At,nt,lt),ls(Je,Ye,Lt),Dt(Je,mt(dt),mt(St),Y,P))}}}}if(Sn){let R=Tt.
prox,be=en==null?Nt<=R:Nt>R||Ht!=en;if(ct||be){let ke=ut[0];ke!=null&&(xn[0]=L,yn[0]=D,rs(ke,j,re,le),ls(ke,Q,G),Dt(ke,mt(L),mt(D),Y,P))}}}if(ge.show&&Ft)if(o!=
null){let[x,v]=Ee.scales,[E,L]=Ee.match,[D,j]=o.cursor.sync.scales,re=o.cursor.drag;if($e=re._x,Re=re._y,$e||Re){let{left:le,top:Q,width:G,height:R}=o.select,be=o.
scales[D].ori,ke=o.posToVal,Ie,ue,Te,tt,Ue,ft=x!=null&&E(x,D),wt=v!=null&&L(v,j);ft&&$e?(be==0?(Ie=le,ue=G):(Ie=Q,ue=R),Te=_[x],tt=N(ke(Ie,D),Te,h,0),Ue=N(ke(Ie+
ue,D),Te,h,0),Jn(vt(tt,Ue),Ce(Ue-tt))):Jn(0,h),wt&&Re?(be==1?(Ie=le,ue=G):(Ie=Q,ue=R),Te=_[v],tt=W(ke(Ie,j),Te,w,0),Ue=W(ke(Ie+ue,j),Te,w,0),qn(vt(tt,Ue),Ce(Ue-
tt))):qn(0,w)}else so()}else{let x=Ce(fr-cr),v=Ce(dr-ur);if(T.ori==1){let j=x;x=v,v=j}$e=He.x&&x>=He.dist,Re=He.y&&v>=He.dist;let E=He.uni;E!=null?$e&&Re&&($e=x>=
E,Re=v>=E,!$e&&!Re&&(v>x?Re=!0:$e=!0)):He.x&&He.y&&($e||Re)&&($e=Re=!0);let L,D;$e&&(T.ori==0?(L=En,D=he):(L=An,D=ye),Jn(vt(L,D),Ce(D-L)),Re||qn(0,w)),Re&&(T.ori==
1?(L=En,D=he):(L=An,D=ye),qn(vt(L,D),Ce(D-L)),$e||Jn(0,h)),!$e&&!Re&&(Jn(0,0),qn(0,0))}if(He._x=$e,He._y=Re,o==null){if(i){if(Tr!=null){let[x,v]=Ee.scales;Ee.values[0]=
x!=null?Et(T.ori==0?he:ye,x):null,Ee.values[1]=v!=null?Et(T.ori==1?he:ye,v):null}Zn(bo,n,he,ye,Y,P,a)}if(wn){let x=i&&Ee.setSeries,v=Tt.prox;en==null?Nt<=v&&Mt(
Ht,Pn,!0,x):Nt>v?Mt(null,Pn,!0,x):Ht!=en&&Mt(Ht,Pn,!0,x)}}ct&&(Z.idx=a,lo()),s!==!1&&Oe("setCursor")}let Gt=null;Object.defineProperty(n,"rect",{get(){return Gt==
null&&Kn(!1),Gt}});function Kn(o=!1){o?Gt=null:(Gt=k.getBoundingClientRect(),Oe("syncRect",Gt))}function hr(o,s,i,a,d,h,w){$._lock||Ft&&o!=null&&o.movementX==0&&
o.movementY==0||(oo(o,s,i,a,d,h,w,!1,o!=null),o!=null?tn(null,!0,!0):tn(s,!0,!1))}function oo(o,s,i,a,d,h,w,x,v){if(Gt==null&&Kn(!1),Qt(o),o!=null)i=o.clientX-Gt.
left,a=o.clientY-Gt.top;else{if(i<0||a<0){he=-10,ye=-10;return}let[E,L]=Ee.scales,D=s.cursor.sync,[j,re]=D.values,[le,Q]=D.scales,[G,R]=Ee.match,be=s.axes[0].side%
2==1,ke=T.ori==0?Y:P,Ie=T.ori==1?Y:P,ue=be?h:d,Te=be?d:h,tt=be?a:i,Ue=be?i:a;if(le!=null?i=G(E,le)?f(j,_[E],ke,0):-10:i=ke*(tt/ue),Q!=null?a=R(L,Q)?f(re,_[L],Ie,
0):-10:a=Ie*(Ue/Te),T.ori==1){let ft=i;i=a,a=ft}}v&&(s==null||s.cursor.event.type==bo)&&((i<=1||i>=Y-1)&&(i=sn(i,Y)),(a<=1||a>=P-1)&&(a=sn(a,P))),x?(cr=i,ur=a,[
En,An]=$.move(n,i,a)):(he=i,ye=a)}let ro={width:0,height:0,left:0,top:0};function so(){hl(ro,!1)}let gr,br,wr,Sr;function xr(o,s,i,a,d,h,w){Ft=!0,$e=Re=He._x=He.
_y=!1,oo(o,s,i,a,d,h,w,!0,!1),o!=null&&(Be(wo,_o,yr,!1),Zn(Kr,n,En,An,Y,P,null));let{left:x,top:v,width:E,height:L}=ge;gr=x,br=v,wr=E,Sr=L}function yr(o,s,i,a,d,h,w){
Ft=He._x=He._y=!1,oo(o,s,i,a,d,h,w,!1,!0);let{left:x,top:v,width:E,height:L}=ge,D=E>0||L>0,j=gr!=x||br!=v||wr!=E||Sr!=L;if(D&&j&&hl(ge),He.setScale&&D&&j){let re=x,
le=E,Q=v,G=L;if(T.ori==1&&(re=v,le=L,Q=x,G=E),$e&&Vt(z,Et(re,z),Et(re+le,z)),Re)for(let R in _){let be=_[R];R!=z&&be.from==null&&be.min!=de&&Vt(R,Et(Q+G,R),Et(Q,
R))}so()}else $.lock&&($._lock=!$._lock,tn(s,!0,o!=null));o!=null&&(hn(wo,_o),Zn(wo,n,he,ye,Y,P,null))}function oa(o,s,i,a,d,h,w){if($._lock)return;Qt(o);let x=Ft;
if(Ft){let v=!0,E=!0,L=10,D,j;T.ori==0?(D=$e,j=Re):(D=Re,j=$e),D&&j&&(v=he<=L||he>=Y-L,E=ye<=L||ye>=P-L),D&&v&&(he=he<En?0:Y),j&&E&&(ye=ye<An?0:P),tn(null,!0,!0),
Ft=!1}he=-10,ye=-10,ce.fill(null),tn(null,!0,!0),x&&(Ft=x)}function vr(o,s,i,a,d,h,w){$._lock||(Qt(o),Gl(),so(),o!=null&&Zn(Xr,n,he,ye,Y,P,null))}function _r(){
O.forEach(Tu),Hl(n.width,n.height,!0)}un(Tl,Rn,_r);let Dn={};Dn.mousedown=xr,Dn.mousemove=hr,Dn.mouseup=yr,Dn.dblclick=vr,Dn.setSeries=(o,s,i,a)=>{let d=Ee.match[2];
i=d(n,s,i),i!=-1&&Mt(i,a,!0,!1)},je&&(Be(Kr,k,xr),Be(bo,k,hr),Be(Zr,k,o=>{Qt(o),Kn(!1)}),Be(Qr,k,oa),Be(Xr,k,vr),Do.add(n),n.syncRect=Kn);let gl=n.hooks=e.hooks||
{};function Oe(o,s,i){Xl?Yn.push([o,s,i]):o in gl&&gl[o].forEach(a=>{a.call(null,n,s,i)})}(e.plugins||[]).forEach(o=>{for(let s in o.hooks)gl[s]=(gl[s]||[]).concat(
o.hooks[s])});let kr=(o,s,i)=>i,Ee=Ae({key:null,setSeries:!1,filters:{pub:us,sub:us},scales:[z,y[1]?y[1].scale:null],match:[fs,fs,kr],values:[null,null]},$.sync);
Ee.match.length==2&&Ee.match.push(kr),$.sync=Ee;let Tr=Ee.key,io=ii(Tr);function Zn(o,s,i,a,d,h,w){Ee.filters.pub(o,s,i,a,d,h,w)&&io.pub(o,s,i,a,d,h,w)}io.sub(n);
function ra(o,s,i,a,d,h,w){Ee.filters.sub(o,s,i,a,d,h,w)&&Dn[o](null,s,i,a,d,h,w)}n.pub=ra;function sa(){io.unsub(n),Do.delete(n),Yt.clear(),Mo(Tl,Rn,_r),m.remove(),
ie?.remove(),Oe("destroy")}n.destroy=sa;function ao(){Oe("init",e,t),tr(t||e.data,!1),F[z]?eo(z,F[z]):Gl(),cl=ge.show&&(ge.width>0||ge.height>0),Zt=ct=!0,Hl(e.width,
e.height)}return y.forEach(Xo),O.forEach(Ii),l?l instanceof HTMLElement?(l.appendChild(m),ao()):l(n,ao):ao(),n}Ge.assign=Ae;Ge.fmtNum=Io;Ge.rangeNum=Ml;Ge.rangeLog=
Ll;Ge.rangeAsinh=Ro;Ge.orient=dn;Ge.pxRatio=se;Ge.join=gc;Ge.fmtDate=Vo,Ge.tzDate=Ec;Ge.sync=ii;{Ge.addGap=cu,Ge.clipGaps=Cl;let e=Ge.paths={points:pi};e.linear=
hi,e.stepped=du,e.bars=pu,e.spline=hu}var Si={wide:320,narrow:240},Mu=1,Eu=3;function _i(){let e=M("button",{type:"button","aria-pressed":"false",class:"toggle"},"Log scale"),t=M("div",{class:"plot",
role:"img"}),l=M("p",{class:"muted plot-note"}),n=M("figure",{class:"chart",id:"chart"},M("figcaption",{},M("span",{},"Loss by epoch"),e),t,l),r={node:n,place:t,
waiting:l,plot:null,drawn:null,logarithmic:!1,job:null,curve:null};return e.addEventListener("click",()=>{r.logarithmic=!r.logarithmic,ve(e,"aria-pressed",String(
r.logarithmic)),Yo(r)}),new ResizeObserver(()=>r.plot?.setSize(ki(t))).observe(t),matchMedia("(prefers-color-scheme: dark)").addEventListener("change",()=>Au(r)),
{node:n,update:(u,f)=>{r.job=u,r.curve=f,Yo(r)}}}function xi({job:e,curve:t,logarithmic:l}){return[e.id,e.created_at,e.epochs,Wt(e),t.lastEpoch,l].join()}function Yo(e){
if(!e.job||!e.curve||xi(e)===e.drawn)return;let t=Dr(e.curve.points,e.logarithmic),l=[e.job.id,e.logarithmic,t[2].some(r=>r!==null)].join();e.plot&&l===e.shape?
e.plot.setData(t):Lu(e,t,l),e.drawn=xi(e);let n=zr(e.curve.points,Pt,Wt(e.job));ve(e.place,"aria-label",n),fe(e.waiting,e.curve.points.length>0?"":n)}function Au(e){
e.shape=null,e.drawn=null,Yo(e)}function Lu(e,t,l){e.plot?.destroy(),e.shape=l,e.plot=new Ge(Pu(e,t),t,e.place)}var Jo=e=>getComputedStyle(document.documentElement).
getPropertyValue(e).trim();function ki(e){let t=Math.max(e.clientWidth,200);return{width:t,height:t<500?Si.narrow:Si.wide}}function Pu(e,t){return{...ki(e.place),
scales:{x:{time:!1,range:()=>Cu(e)},y:e.logarithmic?{distr:Eu}:{distr:Mu,range:zu}},axes:[vi({size:34,incrs:Du(),values:(l,n)=>n.map(Fe)}),vi({size:52,values:(l,n)=>n.
map(Nu)})],series:[{label:"Epoch",value:(l,n)=>Fe(n??Ti(l,0))},yi("Train loss","--train",!0),yi("Validation loss","--validation",t[2].some(l=>l!==null),[6,4])],
cursor:{drag:{x:!0,y:!1},points:{size:7}},legend:{live:!0},hooks:{draw:[l=>$u(e,l)]}}}function yi(e,t,l,n){let r=(c,u,f)=>Pt(u??Ti(c,f));return{label:e,stroke:Jo(
t),width:2,dash:n,show:l,value:r,spanGaps:!1,points:{size:5}}}function Ti(e,t){return e.cursor.idx===null||e.cursor.idx===void 0?e.data[t]?.at(-1):null}function vi(e){
let t={stroke:Jo("--line"),width:1};return{stroke:Jo("--muted"),font:"12px system-ui, sans-serif",grid:t,ticks:{...t,size:5},...e}}function Du(){return[0,1,2,3,
4,5,6].flatMap(e=>[1,2,5].map(t=>t*10**e))}function Cu({job:e,curve:t}){return[Math.min(1,t.points[0]?.epoch??1),Cr(t.lastEpoch,e.epochs,!Wt(e))]}function zu(e,t,l){
return t===null||l===null?[0,1]:[Math.min(0,t),l>0?l*1.05:1]}function Nu(e){if(e===null)return"";let t=Math.abs(e);return t!==0&&(t<.001||t>=1e5)?e.toExponential(
0):String(Number(e.toPrecision(3)))}function $u(e,t){let l=n=>t.series[n].show?t.data[n].filter(r=>r!==null).length:0;ve(e.node,"data-job",e.job.id),ve(e.node,"\
data-points",l(1)),ve(e.node,"data-validation-points",l(2))}function Rl(e,t=()=>!0){let l={job:null,refocus:!1},n=$r.filter(t).map(f=>Ru(f,l,e)),r=M("div",{class:"actions"},...n.map(f=>f.node)),c=M("p",{class:"error",role:"\
alert"});return{node:r,refusal:c,update:(f,p={},m=!0)=>{l.job=f;let S=n.some(g=>g.node===document.activeElement);for(let g of n)g.update(f,!!p.pending);Me(r,n.every(
g=>g.node.hidden)),fe(c,m&&p.refusal||""),Me(c,c.textContent===""),S&&(l.refocus=!0),p.pending||Ou(l,n)}}}function Ru(e,t,l){let n=()=>l.act(t.job,e.name),r=M("\
button",{type:"button","data-action":e.name,title:e.hint,onclick:n},e.label);return{node:r,update:(u,f)=>{Me(r,!Rr(u,e)),r.disabled=f,ve(r,"aria-label",`${e.label}\
 job ${u.id}`)}}}function Ou(e,t){let l=t.map(c=>c.node).filter(c=>!c.hidden),{activeElement:n}=document,r=n===document.body||t.some(({node:c})=>c===n&&c.hidden);
e.refocus&&r&&l[0]?.focus({preventScroll:!0}),e.refocus=!1}function Ol(){let e=M("span",{"aria-hidden":"true"}),t=M("span"),l=M("span",{class:"badge"},e," ",t);return{node:l,update:r=>{fe(e,uo(r).mark),fe(t,r.state),ve(
l,"data-state",r.state)}}}function Il(){let e=M("div",{class:"bar"}),t=M("div",{class:"progress",role:"progressbar","aria-valuemin":"0","aria-valuemax":"100"},e);
return{node:t,update:n=>{let r=Math.min(100,Math.max(0,(n.progress??0)*100));e.style.width=`${r.toFixed(2)}%`,ve(t,"aria-valuenow",Math.floor(r)),ve(t,"aria-lab\
el",`Progress of job ${n.id}`),ve(t,"aria-valuetext",`epoch ${n.epoch} of ${n.epochs}, ${n.state}`),ve(t,"data-state",n.state)}}}var Iu=[["Epoch",e=>`${Fe(e.epoch)} / ${Fe(e.epochs)}${Vu(e)}`],["Train loss",e=>Pt(e.train_loss)],["Validation loss",e=>Pt(e.validation_loss)],["Validation acc\
uracy",e=>mo(sl(e,"accuracy"))],["Validation R²",e=>Pt(sl(e,"r2"))],["Best",e=>e.best?.epoch?`${Hu(e.best)} at epoch ${e.best.epoch}`:"–"],["Samples/s",e=>xl(
e.samples_per_second)],["Elapsed",e=>Qn(e.elapsed_seconds)],["Gather / forward / backward / update",e=>Fr(e.phase_seconds)],["Time left",e=>Wt(e)?"–":Qn(e.eta_seconds)],
["Step",e=>`${Fe(e.step)} / ${Fe(e.steps_total)}`],["Optimizer",e=>[e.optimizer?.type??"–",e.schedule?.type].filter(Boolean).join(", ").replaceAll("_"," ")],[
"Learning rate",e=>e.learning_rate>0?String(Number(e.learning_rate.toPrecision(4))):"–"],["Threads",e=>Fe(e.threads)],["Seed",e=>String(e.seed??"–")],["Crea\
ted",e=>Vr(e.created_at)],["Forked from",e=>`job ${e.forked_from}`,e=>`#/jobs/${e.forked_from}`]];function sl(e,t){return e.metrics[`validation_${t}`]}var Fu={early_stopping:"\
stopped early",converged:"converged",seconds:"time budget spent",samples:"sample budget spent"};function Vu({ended_by:e}){return e&&e!=="epochs"?`, ${Fu[e]??e.replaceAll(
"_"," ")}`:""}function Hu({metric:e,value:t}){return e==="validation_accuracy"?mo(t):Pt(t)}function Mi(e,t){let l=M("h2",{id:"detail-title"}),n=Ol(),r=Rl(t),c=Il(),
u=M("p",{class:"error",id:"job-error"}),f=M("p",{class:"muted"}),p=M("ul",{class:"warnings"}),m=M("dl",{class:"grid"}),S=_i(),g=M("div",{},r.refusal,c.node,u,p,
S.node,m);e.append(M("div",{class:"title"},l,n.node,r.node),f,g);let b=on(p,k=>k,Bu),C=on(m,k=>k.name,ju);return k=>{let{job:A,curve:V,problem:H,id:y}=k.selection,
O=k.requests[y];Me(e,!A&&!H),Me(g,!A);for(let _ of[n,r])Me(_.node,!A);if(fe(f,H??""),Me(f,!H),fe(l,A?`Job ${A.id}: ${A.model} on ${A.dataset}`:`Job ${y}`),!!A){
for(let _ of[n,c])_.update(A);r.update(A,O),fe(u,A.error?Wu(A.error):""),Me(u,!A.error),b([...new Set(A.warnings??[])]),C(Gu(A)),S.update(A,V)}}}function Gu(e){
let t={"Validation R²":sl(e,"accuracy")!=null||sl(e,"r2")==null,"Validation accuracy":sl(e,"r2")!=null,"Forked from":!e.forked_from};return Iu.filter(([l])=>!t[l]).
map(([l,n,r])=>({name:l,value:n(e),href:r?.(e)}))}function Wu({code:e,message:t,field:l,epoch:n,step:r,layer:c}){let u=[["epoch",n],["step",r],["layer",c],["fie\
ld",l]].filter(([,p])=>p!=null&&p!=="").map(([p,m])=>`${p} ${m}`).filter(p=>!t.includes(p)),f=[e,...u].filter(Boolean).join(", ");return f?`${t} (${f})`:t}function ju(){
let e=M("dt"),t=M("a"),l=n=>{fe(e,n.name),fe(t,n.value),ve(t,"href",n.href)};return{node:M("div",{},e,M("dd",{},t)),update:l}}function Bu(){let e=M("li");return{
node:e,update:t=>fe(e,t)}}function Ei(e,t){let l=M("span",{class:"muted"}),n=M("ul",{class:"jobs"}),r=M("button",{type:"button",onclick:()=>t.turnPage(-1)},"← Newer"),c=M("button",{type:"\
button",onclick:()=>t.turnPage(1)},"Older →"),u=M("nav",{class:"pages","aria-label":"Pages of jobs"},r,c),f=M("p",{class:"muted"},"No jobs yet.");e.append(M("\
div",{class:"title"},M("h2",{id:"jobs-title"},"Jobs"),l),n,f,u);let p=on(n,m=>m.id,()=>Yu(t));return({jobs:m,info:S,selection:g,requests:b})=>{let C=k=>String(k.
id)===String(g.id);p(m.items.map(k=>({id:k.id,job:k,chosen:C(k),request:b[k.id]}))),fe(l,Uu(S)),Me(n,m.items.length===0),Me(f,!m.loaded||m.items.length>0||m.page>
0),Me(u,m.page===0&&m.next===null),r.disabled=m.page===0,c.disabled=m.next===null}}function Uu(e){return e?[[e.jobs_running,"running"],[e.jobs_queued,"queued"]].
filter(([l])=>l>0).map(([l,n])=>`${l} ${n}`).join(", "):""}function Yu(e){let t=Ol(),l=Il(),n=M("a"),r=M("p",{class:"figures"}),c=Rl(e,({everywhere:p})=>p),u=M(
"li",{class:"job"},M("div",{class:"job-head"},n,t.node),l.node,M("div",{class:"job-foot"},r,c.node),c.refusal);return{node:u,update:({job:p,chosen:m,request:S})=>{
t.update(p),l.update(p),c.update(p,S,!m),fe(n,`${p.id} · ${p.model} on ${p.dataset}`),ve(n,"href",`#/jobs/${p.id}`),ve(n,"aria-current",m?"true":null),ve(u,"da\
ta-job",p.id),fe(r,Ju(p))}}}function Ju(e){if(e.state==="queued")return e.queue_position?`number ${e.queue_position} in the queue`:"waiting";let t=[`epoch ${e.epoch}\
/${e.epochs}`,`loss ${Pt(e.train_loss)}`];return e.samples_per_second&&t.push(`${xl(e.samples_per_second)} samples/s`),e.state==="running"&&t.push(`${Qn(e.eta_seconds)}\
 left`),t.map(l=>l.replaceAll(" "," ")).join(" · ")}var qu=[["Send data",e=>`curl -T clients/data/digits-train.csv '${e}/v1/datasets/digits?target=digit'`],["Describe a model",e=>`curl ${e}/v1/models -d '{"name":\
 "digits", "loss": "cross_entropy", "seed": 1,
  "layers": [{"units": 128, "activation": "relu"}, {"units": 10, "activation": "softmax"}]}'`],["Train it",e=>`curl ${e}/v1/jobs -d '{"model": "digits", "datase\
t": "digits", "epochs": 20}'`]];function Ai(e){let t=qu.map(([l,n])=>Ku(l,n(location.origin)));return e.append(M("div",{class:"title"},M("h2",{id:"welcome-title"},
"Train a first model")),M("p",{},"Three calls from a shell in the project's folder; this page follows along."),M("ol",{class:"steps"},...t)),({jobs:l})=>Me(e,!l.
loaded||l.items.length>0||l.page>0)}function Ku(e,t){let l=M("code",{},t),n=M("button",{type:"button",onclick:()=>Zu(l,n)},"Copy");return M("li",{},M("div",{class:"\
step"},M("strong",{},e),n),M("pre",{tabindex:"0",role:"group","aria-label":e},l))}async function Zu(e,t){try{await navigator.clipboard.writeText(e.textContent),
fe(t,"Copied")}catch{getSelection().selectAllChildren(e),fe(t,"Selected")}setTimeout(()=>fe(t,"Copy"),2e3)}var Ut=e=>document.getElementById(e),Ko=Nr(),Fl=new Sl(Ar,Ko),Li={turnPage:e=>Fl.turnPage(e),act:(e,t)=>Fl.act(e,t)},Qu=[Ur(Ut("header"),Ut("banner")),Ai(Ut("we\
lcome")),Ei(Ut("jobs"),Li),Mi(Ut("detail"),Li),Wr(Ut("models")),jr(Ut("datasets"))],qo=!1;function Pi(){qo||(qo=!0,requestAnimationFrame(()=>{qo=!1;for(let e of Qu)
e(Ko.get())}))}document.querySelector(".skip").addEventListener("click",e=>{e.preventDefault(),Ut("main").focus()});Ko.subscribe(Pi);addEventListener("hashchang\
e",()=>Fl.select(po(location.hash)));Pi();Fl.select(po(location.hash));
