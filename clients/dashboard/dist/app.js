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
var Dl=class extends Error{},uo=class extends Error{constructor(t,n){super(n?.detail||n?.title||`The server answered ${t}`),this.status=t}};async function nl(e,t={}){
let{answer:n,body:l}=await ra(e,t);if(!n.ok)throw new uo(n.status,l);if(l===void 0)throw new Dl(`${e} did not answer with JSON`);return l}async function ra(e,t){
try{let n=AbortSignal.timeout(8e3),l=await fetch(e,{cache:"no-store",signal:n,...t}),r=await l.text();return{answer:l,body:sa(r)}}catch(n){throw new Dl(n.message)}}
function sa(e){try{return JSON.parse(e)}catch{return}}function wn(e){let t=Object.entries(e).filter(([,n])=>n!=null);return t.length===0?"":`?${new URLSearchParams(
t)}`}var co=e=>`/v1/jobs/${encodeURIComponent(e)}`,Ar={info:()=>nl("/v1/info"),models:(e={})=>nl(`/v1/models${wn(e)}`),datasets:(e={})=>nl(`/v1/datasets${wn(e)}`),
jobs:(e={})=>nl(`/v1/jobs${wn(e)}`),job:e=>nl(co(e)),metrics:(e,t)=>nl(`${co(e)}/metrics${wn(t)}`),cancel:e=>nl(`${co(e)}/cancel`,{method:"POST"})};var Pr=["train_loss","validation_loss"];function ia(e,t){if(e.length<=t*4)return e;let n=e[0].epoch,l=e[e.length-1].epoch-n+1,r=new Set([0,e.length-1]),u=0;for(;u<
e.length;){let c=Lr(e[u],n,l,t),d=u+1;for(;d<e.length&&Lr(e[d],n,l,t)===c;)d++;for(let p of Pr)aa(e,u,d,p,r);u=d}return[...r].sort((c,d)=>c-d).map(c=>e[c])}function Lr(e,t,n,l){
return Math.floor((e.epoch-t)/n*l)}function aa(e,t,n,l,r){let u=-1,c=-1;for(let d=t;d<n;d++){let p=e[d][l];typeof p=="number"&&((u<0||p<e[u][l])&&(u=d),(c<0||p>
e[c][l])&&(c=d))}u>=0&&r.add(u).add(c)}function Dr(e,t){let n=l=>typeof l=="number"&&Number.isFinite(l)&&(!t||l>0)?l:null;return[e.map(l=>l.epoch),...Pr.map(l=>e.
map(r=>n(r[l])))]}function Cr(e,t,n){return Math.max(!n||!t?e:Math.min(t,Math.max(50,2*e)),2)}var Sn=class{constructor(t=1e3){this.buckets=t,this.points=[],this.
lastEpoch=0}append(t){let n=t.filter(l=>l.epoch>this.lastEpoch);return n.length===0?!1:(this.points=this.points.concat(n),this.lastEpoch=n[n.length-1].epoch,this.
points.length>this.buckets*8&&(this.points=ia(this.points,this.buckets)),!0)}};function zr(e,t,n=!1){if(e.length===0)return n?"No epoch was finished.":"No epoch\
 is finished yet.";let l=e[0],r=e[e.length-1],u=`Train loss ${t(l.train_loss)} at epoch ${l.epoch}, ${t(r.train_loss)} at epoch ${r.epoch}`;return typeof r.validation_loss!=
"number"?`${u}.`:`${u}; validation loss ${t(r.validation_loss)}.`}function Nr(){let e=new Set,t={connection:{status:"connecting",retryInMs:0,lastAnswerAt:null},info:null,models:{items:[],more:!1,loaded:!1},datasets:{items:[],more:!1,
loaded:!1},jobs:{items:[],next:null,loaded:!1,page:0},selection:{id:null,pinned:!1,job:null,curve:null,problem:null}};return{get:()=>t,set(n){Object.assign(t,n);
for(let l of e)l(t)},subscribe:n=>e.add(n)}}var ca={queued:{mark:"○",active:!0,cancellable:!0},running:{mark:"▶",active:!0,cancellable:!0},paused:{mark:"‖",
active:!1,cancellable:!0},succeeded:{mark:"✓",active:!1,cancellable:!1},failed:{mark:"✕",active:!1,cancellable:!1},cancelled:{mark:"■",active:!1,cancellable:!1}},
ua={mark:"?",active:!1,cancellable:!1},Zl=e=>ca[e.state]??ua,fo=e=>Zl(e).active,jt=e=>["succeeded","failed","cancelled"].includes(e.state);function $r(e){return e.
find(t=>t.state==="running")??e.find(t=>t.state!=="queued")??e[0]??null}function po(e){let t=/^#\/jobs\/(\d{1,19})$/.exec(e);return t?t[1]:null}var fa=500,da=2e3,pa=3e3,Rr=[1e3,2e3,4e3,8e3],ma=50,ha=20,ga=2e3,xn=class{constructor(t,n){this.api=t,this.state=n,this.cursors=[null],this.failures=0,this.catalogueAt=
-1/0,this.timer=null,this.round=null,document.addEventListener("visibilitychange",()=>this.poke())}async poke(){if(clearTimeout(this.timer),this.round){this.again=
!0;return}if(document.hidden)return;this.again=!1,this.round=this.refresh();let t=await this.round;this.round=null,this.timer=setTimeout(()=>this.poke(),this.again?
0:t)}select(t){this.state.set({selection:{id:t,pinned:t!==null,job:null,curve:null,problem:null}}),this.poke()}turnPage(t){let{jobs:n}=this.state.get();t>0?this.
cursors.push(n.next):this.cursors.pop(),this.poke()}async cancel(t){let n=null;try{await this.api.cancel(t)}catch(l){n=l.message}return this.poke(),n}async refresh(){
try{return await Promise.all([this.refreshInfo(),this.refreshJobs(),this.refreshCatalogue()]),await this.refreshSelection(),this.failures=0,this.state.set({connection:{
status:"online",retryInMs:0,lastAnswerAt:Date.now()}}),this.isBusy()?fa:da}catch(t){return this.fail(t)}}fail(t){let n=Rr[Math.min(this.failures++,Rr.length-1)],
l=t instanceof Dl?"offline":"refused",{lastAnswerAt:r}=this.state.get().connection;return this.state.set({connection:{status:l,retryInMs:n,lastAnswerAt:r,message:t.
message}}),this.catalogueAt=-1/0,n}isBusy(){let{info:t,jobs:n,selection:l}=this.state.get();return(t?.jobs_running??0)+(t?.jobs_queued??0)>0||n.items.some(fo)||
l.job!==null&&fo(l.job)}async refreshInfo(){this.state.set({info:await this.api.info()})}async refreshJobs(){let t=this.cursors[this.cursors.length-1],n=this.state.
get().jobs.items.map(u=>u.state).join(),l=await this.api.jobs({limit:ma,after:t}),r={items:l.jobs,next:l.next??null,loaded:!0,page:this.cursors.length-1};this.state.
set({jobs:r}),n!==r.items.map(u=>u.state).join()&&(this.catalogueAt=-1/0)}async refreshCatalogue(){if(performance.now()-this.catalogueAt<pa)return;let[t,n]=await Promise.
all([this.api.models(),this.api.datasets()]);this.catalogueAt=performance.now(),this.state.set({models:{items:t.models,more:!!t.next,loaded:!0},datasets:{items:n.
datasets,more:!!n.next,loaded:!0}})}async refreshSelection(){let{jobs:t,selection:n}=this.state.get(),l=n.pinned?n.id:$r(t.items)?.id??null;if(l===null){this.state.
set({selection:{...n,id:null,job:null,curve:null}});return}try{await this.refreshJob(l)}catch(r){if(r.status!==404)throw r;if(this.isStale(l))return;this.state.
set({selection:{...n,id:l,job:null,curve:null,problem:r.message}})}}isStale(t){let{selection:n}=this.state.get();return n.pinned&&String(n.id)!==String(t)}async refreshJob(t){
let n=await this.api.job(t);if(this.isStale(t))return;let l=this.state.get().selection,r=ba(l.job,n)?l.curve:new Sn;if(await this.extend(r,n),this.isStale(t))return;
let{jobs:u,selection:{pinned:c}}=this.state.get(),d=u.items.map(p=>p.id===n.id?n:p);this.state.set({jobs:{...u,items:d},selection:{id:n.id,pinned:c,job:n,curve:r,
problem:null}})}async extend(t,n){for(let l=0;l<ha&&!t.complete;l++){let{points:r}=await this.api.metrics(n.id,{after:t.lastEpoch,max_points:ga});if(!t.append(r)){
t.complete=jt(n);return}}}};function ba(e,t){return e!==null&&e.id===t.id&&e.created_at===t.created_at}function L(e,t={},...n){return wa(document.createElement(e),t,n)}function wa(e,t,n){for(let[l,r]of Object.entries(t))l.startsWith("on")?e.addEventListener(l.slice(
2),r):Me(e,l,r);return e.append(...n),e}function me(e,t){e.textContent!==t&&(e.textContent=t)}function Me(e,t,n){n==null||n===!1?e.removeAttribute(t):e.getAttribute(
t)!==String(n)&&e.setAttribute(t,String(n))}function Pe(e,t){e.hidden!==t&&(e.hidden=t)}function ol(e,t,n){let l=new Map;return r=>{let u=new Map;for(let c of r){
let d=l.get(t(c))??n(c);d.update(c),u.set(t(c),d)}for(let[c,d]of l)u.has(c)||d.node.remove();Sa(e,[...u.values()].map(c=>c.node)),l=u}}function Sa(e,t){t.forEach(
(n,l)=>{e.children[l]!==n&&e.insertBefore(n,e.children[l]??null)})}var Cl=e=>typeof e=="number"&&Number.isFinite(e);function Fe(e){return Cl(e)?Math.round(e).toLocaleString("en-US"):"–"}function Pt(e){if(!Cl(e))return"–";let t=Math.
abs(e);return t!==0&&(t<.001||t>=1e5)?e.toExponential(2):e.toPrecision(4)}function mo(e,t=1){if(!Cl(e))return"–";let n=10**t,l=Math.round(e*100*n)/n;return`${(l>=
100&&e<1?100-1/n:l).toFixed(t)} %`}function Ir(e){let t=Object.values(e??{}),n=t.reduce((l,r)=>l+r,0);return!t.every(Cl)||!(n>0)?"–":`${t.map(l=>Math.round(100*
l/n)).join(" / ")} %`}function yn(e){return Cl(e)?e>=1e6?`${(e/1e6).toFixed(2)} M`:e>=1e4?`${(e/1e3).toFixed(0)} k`:Fe(e):"–"}function Ql(e){if(!Cl(e)||e<0)return"\
–";if(e<.95)return`${Math.round(e*1e3)} ms`;if(e<9.95)return`${e.toFixed(1)} s`;let t=Math.round(e);if(t<60)return`${t} s`;let n=l=>String(l).padStart(2,"0");
return t<3600?`${Math.floor(t/60)} min ${n(t%60)} s`:t<86400?`${Math.floor(t/3600)} h ${n(Math.floor(t%3600/60))} min`:`${Math.floor(t/86400)} d ${Math.floor(t%
86400/3600)} h`}function xa(e){if(e==null||e===0)return null;let t=new Date(typeof e=="number"?e*1e3:e);return Number.isNaN(t.getTime())?null:t}function Or(e){let t=xa(
e);if(!t)return"–";let n=r=>String(r).padStart(2,"0");return`${[t.getFullYear(),n(t.getMonth()+1),n(t.getDate())].join("-")} ${[t.getHours(),t.getMinutes()].map(
n).join(":")}`}function Fr(e,t){return[e,...t.map(n=>n.units)].map(n=>n||"?").join("-")}function ho(e,t,n=e.length){let l=e.slice(0,t);return l.length===n?l.join(
", "):`${l.join(", ")} and ${Fe(n-l.length)} more`}var ya=[["Model",e=>e.name],["Layers",e=>Fr(e.inputs,e.layers),"whole"],["Activations",e=>e.layers.map(t=>t.activation).join(", ")],["Loss",e=>String(e.loss).replaceAll(
"_"," ")],["Parameters",e=>Fe(e.parameters),"number"],["Trained",e=>_a(e)]],va=[["Data set",e=>e.name],["Rows",e=>Fe(e.rows),"number"],["Features",e=>Fe(e.features),
"number"],["Target",e=>ho(e.targets,3)],["Classes",e=>e.classes?.length?ho(e.classes,10,e.class_count):"real values"]];function _a(e){let t=e.version??0;return t>
0?`version ${Fe(t)}`:"not yet"}var Hr=e=>jr(e,"models","Models",ya),Gr=e=>jr(e,"datasets","Data sets",va);function jr(e,t,n,l){let r=L("tr",{},...l.map(([g,,b])=>L(
"th",{scope:"col",class:b??""},g))),u=L("tbody"),c=L("table",{},L("thead",{},r),u),d=L("div",{class:"scroller",tabindex:"0",role:"group","aria-label":n},c),p=L(
"p",{class:"muted"},`No ${n.toLowerCase()} yet.`),m=L("p",{class:"muted"},`More ${n.toLowerCase()}: GET /v1/${t}`);e.append(L("div",{class:"title"},L("h2",{id:`${t}\
-title`},n)),d,p,m);let S=ol(u,g=>g.name,()=>ka(l));return g=>{let b=g[t];S(b.items),Pe(d,b.items.length===0),Pe(p,!b.loaded||b.items.length>0),Pe(m,!b.more)}}function ka(e){
let t=e.map(([,,l],r)=>r===0?L("th",{scope:"row"}):L("td",{class:l??""})),n=l=>e.forEach(([,r],u)=>me(t[u],r(l)));return{node:L("tr",{},...t),update:n}}var Ma={connecting:"connecting",online:"connected",offline:"no answer",refused:"error"};function Wr(e,t){let n=L("p",{class:"facts"}),l=L("span",{role:"status",
class:"connection",id:"connection"});return e.append(L("h1",{},"backpropd"),n,l),r=>{me(n,r.info?Ta(r.info):""),me(l,Ma[r.connection.status]),Me(l,"data-status",
r.connection.status),Me(document.body,"data-connection",r.connection.status),Ea(t,r.connection)}}function Ta(e){let t=e.threads===1?"1 thread":`${Fe(e.threads)}\
 threads`;return[`version ${e.version??"–"}`,e.isa,t].filter(Boolean).join(" · ")}function Ea(e,t){let n=t.status==="offline"||t.status==="refused";Pe(e,!n),
me(e,n?Aa(t):"")}function Aa({status:e,message:t,retryInMs:n,lastAnswerAt:l}){let r=e==="offline"?"The server does not answer.":`The server answers with an erro\
r: ${t}.`,u=l?` What you see is from ${new Date(l).toLocaleTimeString()}.`:"";return`${r} Trying again in ${n/1e3} s.${u}`}var La="uplot",Pa="u-hz",Da="u-vt",Ca="u-title",za="u-wrap",Na="u-under",$a="u-over",Ra="u-axis",al="u-off",Ia="u-select",Oa="u-cursor-x",Fa="u-cursor-y",Va="u-\
cursor-pt",Ha="u-legend",Ga="u-live",ja="u-inline",Wa="u-series",Ba="u-marker",Br="u-label",Ua="u-value",en="width",tn="height";var Ur="bottom",zl="left",go="right",zo="#000",Yr=zo+"0",bo="mousemove",Jr="mousedown",wo="mouseup",qr="mouseenter",Kr="mouseleave",Zr="dblclick",Ya="resize",Ja="\
scroll",Qr="change",Tn="dppxchange",No="--",Vl=typeof window<"u",_o=Vl?document:null,$l=Vl?window:null,qa=Vl?navigator:null,se,vn;function ko(){let e=devicePixelRatio;
se!=e&&(se=e,vn&&To(Qr,vn,ko),vn=matchMedia(`(min-resolution: ${se-.001}dppx) and (max-resolution: ${se+.001}dppx)`),cl(Qr,vn,ko),$l.dispatchEvent(new CustomEvent(
Tn)))}function ot(e,t){if(t!=null){let n=e.classList;!n.contains(t)&&n.add(t)}}function Mo(e,t){let n=e.classList;n.contains(t)&&n.remove(t)}function we(e,t,n){
e.style[t]=n+"px"}function xt(e,t,n,l){let r=_o.createElement(e);return t!=null&&ot(r,t),n?.insertBefore(r,l),r}function pt(e,t){return xt("div",e,t)}var Xr=new WeakMap;
function Dt(e,t,n,l,r){let u="translate("+t+"px,"+n+"px)",c=Xr.get(e);u!=c&&(e.style.transform=u,Xr.set(e,u),t<0||n<0||t>l||n>r?ot(e,al):Mo(e,al))}var es=new WeakMap;
function ts(e,t,n){let l=t+n,r=es.get(e);l!=r&&(es.set(e,l),e.style.background=t,e.style.borderColor=n)}var ls=new WeakMap;function ns(e,t,n,l){let r=t+""+n,u=ls.
get(e);r!=u&&(ls.set(e,r),e.style.height=n+"px",e.style.width=t+"px",e.style.marginLeft=l?-t/2+"px":0,e.style.marginTop=l?-n/2+"px":0)}var $o={passive:!0},Ka={...$o,
capture:!0};function cl(e,t,n,l){t.addEventListener(e,n,l?Ka:$o)}function To(e,t,n,l){t.removeEventListener(e,n,$o)}Vl&&ko();function yt(e,t,n,l){let r;n=n||0,l=
l||t.length-1;let u=l<=2147483647;for(;l-n>1;)r=u?n+l>>1:rt((n+l)/2),t[r]<e?n=r:l=r;return e-t[n]<=t[l]-e?n:l}function Ds(e){return(n,l,r)=>{let u=-1,c=-1;for(let d=l;d<=
r;d++)if(e(n[d])){u=d;break}for(let d=r;d>=l;d--)if(e(n[d])){c=d;break}return[u,c]}}var Cs=e=>e!=null,zs=e=>e!=null&&e>0,Ln=Ds(Cs),Za=Ds(zs);function Qa(e,t,n,l=0,r=!1){
let u=r?Za:Ln,c=r?zs:Cs;[t,n]=u(e,t,n);let d=e[t],p=e[t];if(t>-1)if(l==1)d=e[t],p=e[n];else if(l==-1)d=e[n],p=e[t];else for(let m=t;m<=n;m++){let S=e[m];c(S)&&(S<
d?d=S:S>p&&(p=S))}return[d??fe,p??-fe]}function Pn(e,t,n,l){let r=ss(e),u=ss(t);e==t&&(r==-1?(e*=n,t/=n):(e/=n,t*=n));let c=n==10?$t:Ns,d=r==1?rt:mt,p=u==1?mt:rt,
m=d(c(Ce(e))),S=p(c(Ce(t))),g=Rl(n,m),b=Rl(n,S);return n==10&&(m<0&&(g=de(g,-m)),S<0&&(b=de(b,-S))),l||n==2?(e=g*r,t=b*u):(e=Os(e,g),t=Dn(t,b)),[e,t]}function Ro(e,t,n,l){
let r=Pn(e,t,n,l);return e==0&&(r[0]=0),t==0&&(r[1]=0),r}var Io=.1,os={mode:3,pad:Io},nn={pad:0,soft:null,mode:0},Xa={min:nn,max:nn};function En(e,t,n,l){return Cn(
n)?rs(e,t,n):(nn.pad=n,nn.soft=l?0:null,nn.mode=l?3:0,rs(e,t,Xa))}function oe(e,t){return e??t}function ec(e,t,n){for(t=oe(t,0),n=oe(n,e.length-1);t<=n;){if(e[t]!=
null)return!0;t++}return!1}function rs(e,t,n){let l=n.min,r=n.max,u=oe(l.pad,0),c=oe(r.pad,0),d=oe(l.hard,-fe),p=oe(r.hard,fe),m=oe(l.soft,fe),S=oe(r.soft,-fe),
g=oe(l.mode,0),b=oe(r.mode,0),z=t-e,E=$t(z),A=qe(Ce(e),Ce(t)),V=$t(A),H=Ce(V-E);(z<1e-24||H>10)&&(z=0,(e==0||t==0)&&(z=1e-24,g==2&&m!=fe&&(u=0),b==2&&S!=-fe&&(c=
0)));let v=z||A||1e3,N=$t(v),_=Rl(10,rt(N)),q=v*(z==0?e==0?.1:1:u),C=de(Os(e-q,_/10),24),K=e>=m&&(g==1||g==3&&C<=m||g==2&&C>=m)?m:fe,U=qe(d,C<K&&e>=K?K:vt(K,C)),
X=v*(z==0?t==0?.1:1:c),B=de(Dn(t+X,_/10),24),k=t<=S&&(b==1||b==3&&B>=S||b==2&&B<=S)?S:-fe,J=vt(p,B>k&&t<=k?k:qe(k,B));return U==J&&U==0&&(J=100),[U,J]}var tc=new Intl.
NumberFormat(Vl?qa.language:"en-US"),Oo=e=>tc.format(e),st=Math,Mn=st.PI,Ce=st.abs,rt=st.floor,De=st.round,mt=st.ceil,vt=st.min,qe=st.max,Rl=st.pow,ss=st.sign,$t=st.
log10,Ns=st.log2,lc=(e,t=1)=>st.sinh(e)*t,So=(e,t=1)=>st.asinh(e/t),fe=1/0;function is(e){return($t((e^e>>31)-(e>>31))|0)+1}function Eo(e,t,n){return vt(qe(e,t),
n)}function $s(e){return typeof e=="function"}function ee(e){return $s(e)?e:()=>e}var nc=()=>{},Rs=e=>e,Is=(e,t)=>t,oc=e=>null,as=e=>!0,cs=(e,t)=>e==t,rc=/\.\d*?(?=9{6,}|0{6,})/gm,
ul=e=>{if(Vs(e)||Bt.has(e))return e;let t=`${e}`,n=t.match(rc);if(n==null)return e;let l=n[0].length-1;if(t.indexOf("e-")!=-1){let[r,u]=t.split("e");return+`${ul(
r)}e${u}`}return de(e,l)};function sl(e,t){return ul(de(ul(e/t))*t)}function Dn(e,t){return ul(mt(ul(e/t))*t)}function Os(e,t){return ul(rt(ul(e/t))*t)}function de(e,t=0){
if(Vs(e))return e;let n=10**t,l=e*n*(1+Number.EPSILON);return De(l)/n}var Bt=new Map;function Fs(e){return((""+e).split(".")[1]||"").length}function rn(e,t,n,l){
let r=[],u=l.map(Fs);for(let c=t;c<n;c++){let d=Ce(c),p=de(Rl(e,c),d);for(let m=0;m<l.length;m++){let S=e==10?+`${l[m]}e${c}`:l[m]*p,g=(c>=0?0:d)+(c>=u[m]?0:u[m]),
b=e==10?S:de(S,g);r.push(b),Bt.set(b,g)}}return r}var on={},Fo=[],Il=[null,null],Wt=Array.isArray,Vs=Number.isInteger,sc=e=>e===void 0;function us(e){return typeof e==
"string"}function Cn(e){let t=!1;if(e!=null){let n=e.constructor;t=n==null||n==Object}return t}function ic(e){return e!=null&&typeof e=="object"}var ac=Object.getPrototypeOf(
Uint8Array),Hs="__proto__";function Ol(e,t=Cn){let n;if(Wt(e)){let l=e.find(r=>r!=null);if(Wt(l)||t(l)){n=Array(e.length);for(let r=0;r<e.length;r++)n[r]=Ol(e[r],
t)}else n=e.slice()}else if(e instanceof ac)n=e.slice();else if(t(e)){n={};for(let l in e)l!=Hs&&(n[l]=Ol(e[l],t))}else n=e;return n}function Ee(e){let t=arguments;
for(let n=1;n<t.length;n++){let l=t[n];for(let r in l)r!=Hs&&(Cn(e[r])?Ee(e[r],Ol(l[r])):e[r]=Ol(l[r]))}return e}var cc=0,uc=1,fc=2;function dc(e,t,n){for(let l=0,
r,u=-1;l<t.length;l++){let c=t[l];if(c>u){for(r=c-1;r>=0&&e[r]==null;)e[r--]=null;for(r=c+1;r<n&&e[r]==null;)e[u=r++]=null}}}function pc(e,t){if(gc(e)){let c=e[0].
slice();for(let d=1;d<e.length;d++)c.push(...e[d].slice(1));return bc(c[0])||(c=hc(c)),c}let n=new Set;for(let c=0;c<e.length;c++){let p=e[c][0],m=p.length;for(let S=0;S<
m;S++)n.add(p[S])}let l=[Array.from(n).sort((c,d)=>c-d)],r=l[0].length,u=new Map;for(let c=0;c<r;c++)u.set(l[0][c],c);for(let c=0;c<e.length;c++){let d=e[c],p=d[0];
for(let m=1;m<d.length;m++){let S=d[m],g=Array(r).fill(void 0),b=t?t[c][m]:uc,z=[];for(let E=0;E<S.length;E++){let A=S[E],V=u.get(p[E]);A===null?b!=cc&&(g[V]=A,
b==fc&&z.push(V)):g[V]=A}dc(g,z,r),l.push(g)}}return l}var mc=typeof queueMicrotask>"u"?e=>Promise.resolve().then(e):queueMicrotask;function hc(e){let t=e[0],n=t.
length,l=Array(n);for(let u=0;u<l.length;u++)l[u]=u;l.sort((u,c)=>t[u]-t[c]);let r=[];for(let u=0;u<e.length;u++){let c=e[u],d=Array(n);for(let p=0;p<n;p++)d[p]=
c[l[p]];r.push(d)}return r}function gc(e){let t=e[0][0],n=t.length;for(let l=1;l<e.length;l++){let r=e[l][0];if(r.length!=n)return!1;if(r!=t){for(let u=0;u<n;u++)
if(r[u]!=t[u])return!1}}return!0}function bc(e,t=100){let n=e.length;if(n<=1)return!0;let l=0,r=n-1;for(;l<=r&&e[l]==null;)l++;for(;r>=l&&e[r]==null;)r--;if(r<=
l)return!0;let u=qe(1,rt((r-l+1)/t));for(let c=e[l],d=l+u;d<=r;d+=u){let p=e[d];if(p!=null){if(p<=c)return!1;c=p}}return!0}var Gs=["January","February","March",
"April","May","June","July","August","September","October","November","December"],js=["Sunday","Monday","Tuesday","Wednesday","Thursday","Friday","Saturday"];function Ws(e){
return e.slice(0,3)}var wc=js.map(Ws),Sc=Gs.map(Ws),xc={MMMM:Gs,MMM:Sc,WWWW:js,WWW:wc};function Xl(e){return(e<10?"0":"")+e}function yc(e){return(e<10?"00":e<100?
"0":"")+e}var vc={YYYY:e=>e.getFullYear(),YY:e=>(e.getFullYear()+"").slice(2),MMMM:(e,t)=>t.MMMM[e.getMonth()],MMM:(e,t)=>t.MMM[e.getMonth()],MM:e=>Xl(e.getMonth()+
1),M:e=>e.getMonth()+1,DD:e=>Xl(e.getDate()),D:e=>e.getDate(),WWWW:(e,t)=>t.WWWW[e.getDay()],WWW:(e,t)=>t.WWW[e.getDay()],HH:e=>Xl(e.getHours()),H:e=>e.getHours(),
h:e=>{let t=e.getHours();return t==0?12:t>12?t-12:t},AA:e=>e.getHours()>=12?"PM":"AM",aa:e=>e.getHours()>=12?"pm":"am",a:e=>e.getHours()>=12?"p":"a",mm:e=>Xl(e.
getMinutes()),m:e=>e.getMinutes(),ss:e=>Xl(e.getSeconds()),s:e=>e.getSeconds(),fff:e=>yc(e.getMilliseconds())};function Vo(e,t){t=t||xc;let n=[],l=/\{([a-z]+)\}|[^{]+/gi,
r;for(;r=l.exec(e);)n.push(r[0][0]=="{"?vc[r[1]]:r[0]);return u=>{let c="";for(let d=0;d<n.length;d++)c+=typeof n[d]=="string"?n[d]:n[d](u,t);return c}}var _c=new Intl.
DateTimeFormat().resolvedOptions().timeZone;function kc(e,t){let n;return t=="UTC"||t=="Etc/UTC"?n=new Date(+e+e.getTimezoneOffset()*6e4):t==_c?n=e:(n=new Date(
e.toLocaleString("en-US",{timeZone:t})),n.setMilliseconds(e.getMilliseconds())),n}var Bs=e=>e%1==0,An=[1,2,2.5,5],Mc=rn(10,-32,0,An),Us=rn(10,0,32,An),Tc=Us.filter(
Bs),il=Mc.concat(Us),Ho=`
`,Ys="{YYYY}",fs=Ho+Ys,Js="{M}/{D}",ln=Ho+Js,_n=ln+"/{YY}",qs="{aa}",Ec="{h}:{mm}",Nl=Ec+qs,ds=Ho+Nl,ps=":{ss}",ae=null;function Ks(e){let t=e*1e3,n=t*60,l=n*60,
r=l*24,u=r*30,c=r*365,p=(e==1?rn(10,0,3,An).filter(Bs):rn(10,-3,0,An)).concat([t,t*5,t*10,t*15,t*30,n,n*5,n*10,n*15,n*30,l,l*2,l*3,l*4,l*6,l*8,l*12,r,r*2,r*3,r*
4,r*5,r*6,r*7,r*8,r*9,r*10,r*15,u,u*2,u*3,u*4,u*6,c,c*2,c*5,c*10,c*25,c*50,c*100]),m=[[c,Ys,ae,ae,ae,ae,ae,ae,1],[r*28,"{MMM}",fs,ae,ae,ae,ae,ae,1],[r,Js,fs,ae,
ae,ae,ae,ae,1],[l,"{h}"+qs,_n,ae,ln,ae,ae,ae,1],[n,Nl,_n,ae,ln,ae,ae,ae,1],[t,ps,_n+" "+Nl,ae,ln+" "+Nl,ae,ds,ae,1],[e,ps+".{fff}",_n+" "+Nl,ae,ln+" "+Nl,ae,ds,
ae,1]];function S(g){return(b,z,E,A,V,H)=>{let v=[],N=V>=c,_=V>=u&&V<c,q=g(E),C=de(q*e,3),K=xo(q.getFullYear(),N?0:q.getMonth(),_||N?1:q.getDate()),U=de(K*e,3);
if(_||N){let X=_?V/u:0,B=N?V/c:0,k=C==U?C:de(xo(K.getFullYear()+B,K.getMonth()+X,1)*e,3),J=new Date(De(k/e)),$=J.getFullYear(),j=J.getMonth();for(let F=0;k<=A;F++){
let te=xo($+B*F,j+X*F,1),O=te-g(de(te*e,3));k=de((+te+O)*e,3),k<=A&&v.push(k)}}else{let X=V>=r?r:V,B=rt(E)-rt(C),k=U+B+Dn(C-U,X);v.push(k);let J=g(k),$=J.getHours()+
J.getMinutes()/n+J.getSeconds()/l,j=V/l,F=b.axes[z]._space,te=H/F;for(;k=de(k+V,e==1?0:3),!(k>A);)if(j>1){let O=rt(de($+j,6))%24,le=g(k).getHours()-O;le>1&&(le=
-1),k-=le*l,$=($+j)%24;let ce=v[v.length-1];de((k-ce)/V,3)*te>=.7&&v.push(k)}else v.push(k)}return v}}return[p,m,S]}var[Ac,Lc,Pc]=Ks(1),[Dc,Cc,zc]=Ks(.001);rn(2,
-53,53,[1]);function ms(e,t){return e.map(n=>n.map((l,r)=>r==0||r==8||l==null?l:t(r==1||n[8]==0?l:n[1]+l)))}function hs(e,t){return(n,l,r,u,c)=>{let d=t.find(E=>c>=
E[0])||t[t.length-1],p,m,S,g,b,z;return l.map(E=>{let A=e(E),V=A.getFullYear(),H=A.getMonth(),v=A.getDate(),N=A.getHours(),_=A.getMinutes(),q=A.getSeconds(),C=V!=
p&&d[2]||H!=m&&d[3]||v!=S&&d[4]||N!=g&&d[5]||_!=b&&d[6]||q!=z&&d[7]||d[1];return p=V,m=H,S=v,g=N,b=_,z=q,C(A)})}}function Nc(e,t){let n=Vo(t);return(l,r,u,c,d)=>r.
map(p=>n(e(p)))}function xo(e,t,n){return new Date(e,t,n)}function gs(e,t){return t(e)}var $c="{YYYY}-{MM}-{DD} {h}:{mm}{aa}";function bs(e,t){return(n,l,r,u)=>u==
null?No:t(e(l))}function Rc(e,t){let n=e.series[t];return n.width?n.stroke(e,t):n.points.width?n.points.stroke(e,t):null}function Ic(e,t){return e.series[t].fill(
e,t)}var Oc={show:!0,live:!0,isolate:!1,mount:nc,markers:{show:!0,width:2,stroke:Rc,fill:Ic,dash:"solid"},idx:null,idxs:null,values:[]};function Fc(e,t){let n=e.
cursor.points,l=pt(),r=n.size(e,t);we(l,en,r),we(l,tn,r);let u=r/-2;we(l,"marginLeft",u),we(l,"marginTop",u);let c=n.width(e,t,r);return c&&we(l,"borderWidth",c),
l}function Vc(e,t){let n=e.series[t].points;return n._fill||n._stroke}function Hc(e,t){let n=e.series[t].points;return n._stroke||n._fill}function Gc(e,t){return e.
series[t].points.size}var yo=[0,0];function jc(e,t,n){return yo[0]=t,yo[1]=n,yo}function kn(e,t,n,l=!0){return r=>{r.button==0&&(!l||r.target==t)&&n(r)}}function vo(e,t,n,l=!0){
return r=>{(!l||r.target==t)&&n(r)}}var Wc={show:!0,x:!0,y:!0,lock:!1,move:jc,points:{one:!1,show:Fc,size:Gc,width:0,stroke:Hc,fill:Vc},bind:{mousedown:kn,mouseup:kn,
click:kn,dblclick:kn,mousemove:vo,mouseleave:vo,mouseenter:vo},drag:{setScale:!0,x:!0,y:!1,dist:0,uni:null,click:(e,t)=>{t.stopPropagation(),t.stopImmediatePropagation()},
_x:!1,_y:!1},focus:{dist:(e,t,n,l,r)=>l-r,prox:-1,bias:0},hover:{skip:[void 0],prox:null,bias:0},left:-10,top:-10,idx:null,dataIdx:null,idxs:null,event:null},Zs={
show:!0,stroke:"rgba(0,0,0,0.07)",width:2},Go=Ee({},Zs,{filter:Is}),Qs=Ee({},Go,{size:10}),Xs=Ee({},Zs,{show:!1}),jo='12px system-ui, -apple-system, "Segoe UI",\
 Roboto, "Helvetica Neue", Arial, "Noto Sans", sans-serif, "Apple Color Emoji", "Segoe UI Emoji", "Segoe UI Symbol", "Noto Color Emoji"',ei="bold "+jo,ti=1.5,ws={
show:!0,scale:"x",stroke:zo,space:50,gap:5,alignTo:1,size:50,labelGap:0,labelSize:30,labelFont:ei,side:2,grid:Go,ticks:Qs,border:Xs,font:jo,lineGap:ti,rotate:0},
Bc="Value",Uc="Time",Ss={show:!0,scale:"x",auto:!1,sorted:1,min:fe,max:-fe,idxs:[]};function Yc(e,t,n,l,r){return t.map(u=>u==null?"":Oo(u))}function Jc(e,t,n,l,r,u,c){
let d=[],p=Bt.get(r)||0;n=c?n:de(Dn(n,r),p);for(let m=n;m<=l;m=de(m+r,p))d.push(Object.is(m,-0)?0:m);return d}function Ao(e,t,n,l,r,u,c){let d=[],p=e.scales[e.axes[t].
scale].log,m=p==10?$t:Ns,S=rt(m(n));r=Rl(p,S),p==10&&(r=il[yt(r,il)]);let g=n,b=r*p;p==10&&(b=il[yt(b,il)]);do d.push(g),g=g+r,p==10&&!Bt.has(g)&&(g=de(g,Bt.get(
r))),g>=b&&(r=g,b=r*p,p==10&&(b=il[yt(b,il)]));while(g<=l);return d}function qc(e,t,n,l,r,u,c){let p=e.scales[e.axes[t].scale].asinh,m=l>p?Ao(e,t,qe(p,n),l,r):[
p],S=l>=0&&n<=0?[0]:[];return(n<-p?Ao(e,t,qe(p,-l),-n,r):[p]).reverse().map(b=>-b).concat(S,m)}var li=/./,Kc=/[12357]/,Zc=/[125]/,xs=/1/,Lo=(e,t,n,l)=>e.map((r,u)=>t==
4&&r==0||u%l==0&&n.test(r.toExponential()[r<0?1:0])?r:null);function Qc(e,t,n,l,r){let u=e.axes[n],c=u.scale,d=e.scales[c],p=e.valToPos,m=u._space,S=p(10,c),g=p(
9,c)-S>=m?li:p(7,c)-S>=m?Kc:p(5,c)-S>=m?Zc:xs;if(g==xs){let b=Ce(p(1,c)-S);if(b<m)return Lo(t.slice().reverse(),d.distr,g,mt(m/b)).reverse()}return Lo(t,d.distr,
g,1)}function Xc(e,t,n,l,r){let u=e.axes[n],c=u.scale,d=u._space,p=e.valToPos,m=Ce(p(1,c)-p(2,c));return m<d?Lo(t.slice().reverse(),3,li,mt(d/m)).reverse():t}function eu(e,t,n,l){
return l==null?No:t==null?"":Oo(t)}var ys={show:!0,scale:"y",stroke:zo,space:30,gap:5,alignTo:1,size:50,labelGap:0,labelSize:30,labelFont:ei,side:3,grid:Go,ticks:Qs,
border:Xs,font:jo,lineGap:ti,rotate:0};function tu(e,t){let n=3+(e||1)*2;return de(n*t,3)}function lu(e,t){let{scale:n,idxs:l}=e.series[0],r=e._data[0],u=e.valToPos(
r[l[0]],n,!0),c=e.valToPos(r[l[1]],n,!0),d=Ce(c-u),p=e.series[t],m=d/(p.points.space*se);return l[1]-l[0]<=m}var vs={scale:null,auto:!0,sorted:0,min:fe,max:-fe},
ni=(e,t,n,l,r)=>r,_s={show:!0,auto:!0,sorted:0,gaps:ni,alpha:1,facets:[Ee({},vs,{scale:"x"}),Ee({},vs,{scale:"y"})]},ks={scale:"y",auto:!0,sorted:0,show:!0,spanGaps:!1,
gaps:ni,alpha:1,points:{show:lu,filter:null},values:null,min:fe,max:-fe,idxs:[],path:null,clip:null};function nu(e,t,n,l,r){return n/10}var oi={time:!0,auto:!0,
distr:1,log:10,asinh:1,min:null,max:null,dir:1,ori:0},ou=Ee({},oi,{time:!1,ori:1}),Ms={};function ri(e,t){let n=Ms[e];return n||(n={key:e,plots:[],sub(l){n.plots.
push(l)},unsub(l){n.plots=n.plots.filter(r=>r!=l)},pub(l,r,u,c,d,p,m){for(let S=0;S<n.plots.length;S++)n.plots[S]!=r&&n.plots[S].pub(l,r,u,c,d,p,m)}},e!=null&&(Ms[e]=
n)),n}var Fl=1,Po=2;function fl(e,t,n){let l=e.mode,r=e.series[t],u=l==2?e._data[t]:e._data,c=e.scales,d=e.bbox,p=u[0],m=l==2?u[1]:u[t],S=l==2?c[r.facets[0].scale]:
c[e.series[0].scale],g=l==2?c[r.facets[1].scale]:c[r.scale],b=d.left,z=d.top,E=d.width,A=d.height,V=e.valToPosH,H=e.valToPosV;return S.ori==0?n(r,p,m,S,g,V,H,b,
z,E,A,Nn,Hl,Rn,ii,ci):n(r,p,m,S,g,H,V,z,b,A,E,$n,Gl,Uo,ai,ui)}function Wo(e,t){let n=0,l=0,r=oe(e.bands,Fo);for(let u=0;u<r.length;u++){let c=r[u];c.series[0]==
t?n=c.dir:c.series[1]==t&&(c.dir==1?l|=1:l|=2)}return[n,l==1?-1:l==2?1:l==3?2:0]}function ru(e,t,n,l,r){let u=e.mode,c=e.series[t],d=u==2?c.facets[1].scale:c.scale,
p=e.scales[d];return r==-1?p.min:r==1?p.max:p.distr==3?p.dir==1?p.min:p.max:0}function Rt(e,t,n,l,r,u){return fl(e,t,(c,d,p,m,S,g,b,z,E,A,V)=>{let H=c.pxRound,v=m.
dir*(m.ori==0?1:-1),N=m.ori==0?Hl:Gl,_,q;v==1?(_=n,q=l):(_=l,q=n);let C=H(g(d[_],m,A,z)),K=H(b(p[_],S,V,E)),U=H(g(d[q],m,A,z)),X=H(b(u==1?S.max:S.min,S,V,E)),B=new Path2D(
r);return N(B,U,X),N(B,C,X),N(B,C,K),B})}function zn(e,t,n,l,r,u){let c=null;if(e.length>0){c=new Path2D;let d=t==0?Rn:Uo,p=n;for(let g=0;g<e.length;g++){let b=e[g];
if(b[1]>b[0]){let z=b[0]-p;z>0&&d(c,p,l,z,l+u),p=b[1]}}let m=n+r-p,S=10;m>0&&d(c,p,l-S/2,m,l+u+S)}return c}function su(e,t,n){let l=e[e.length-1];l&&l[0]==t?l[1]=
n:e.push([t,n])}function Bo(e,t,n,l,r,u,c){let d=[],p=e.length;for(let m=r==1?n:l;m>=n&&m<=l;m+=r)if(t[m]===null){let g=m,b=m;if(r==1)for(;++m<=l&&t[m]===null;)
b=m;else for(;--m>=n&&t[m]===null;)b=m;let z=u(e[g]),E=b==g?z:u(e[b]),A=g-r;z=c<=0&&A>=0&&A<p?u(e[A]):z;let H=b+r;E=c>=0&&H>=0&&H<p?u(e[H]):E,E>=z&&d.push([z,E])}
return d}function Ts(e){return e==0?Rs:e==1?De:t=>sl(t,e)}function si(e){let t=e==0?Nn:$n,n=e==0?(r,u,c,d,p,m)=>{r.arcTo(u,c,d,p,m)}:(r,u,c,d,p,m)=>{r.arcTo(c,u,
p,d,m)},l=e==0?(r,u,c,d,p)=>{r.rect(u,c,d,p)}:(r,u,c,d,p)=>{r.rect(c,u,p,d)};return(r,u,c,d,p,m=0,S=0)=>{m==0&&S==0?l(r,u,c,d,p):(m=vt(m,d/2,p/2),S=vt(S,d/2,p/2),
t(r,u+m,c),n(r,u+d,c,u+d,c+p,m),n(r,u+d,c+p,u,c+p,S),n(r,u,c+p,u,c,S),n(r,u,c,u+d,c,m),r.closePath())}}var Nn=(e,t,n)=>{e.moveTo(t,n)},$n=(e,t,n)=>{e.moveTo(n,t)},
Hl=(e,t,n)=>{e.lineTo(t,n)},Gl=(e,t,n)=>{e.lineTo(n,t)},Rn=si(0),Uo=si(1),ii=(e,t,n,l,r,u)=>{e.arc(t,n,l,r,u)},ai=(e,t,n,l,r,u)=>{e.arc(n,t,l,r,u)},ci=(e,t,n,l,r,u,c)=>{
e.bezierCurveTo(t,n,l,r,u,c)},ui=(e,t,n,l,r,u,c)=>{e.bezierCurveTo(n,t,r,l,c,u)};function fi(e){return(t,n,l,r,u)=>fl(t,n,(c,d,p,m,S,g,b,z,E,A,V)=>{let{pxRound:H,
points:v}=c,N,_;m.ori==0?(N=Nn,_=ii):(N=$n,_=ai);let q=de(v.width*se,3),C=(v.size-v.width)/2*se,K=de(C*2,3),U=new Path2D,X=new Path2D,{left:B,top:k,width:J,height:$}=t.
bbox;Rn(X,B-K,k-K,J+K*2,$+K*2);let j=F=>{if(p[F]!=null){let te=H(g(d[F],m,A,z)),O=H(b(p[F],S,V,E));N(U,te+C,O),_(U,te,O,C,0,Mn*2)}};if(u)u.forEach(j);else for(let F=l;F<=
r;F++)j(F);return{stroke:q>0?U:null,fill:U,clip:X,flags:Fl|Po}})}function di(e){return(t,n,l,r,u,c)=>{l!=r&&(u!=l&&c!=l&&e(t,n,l),u!=r&&c!=r&&e(t,n,r),e(t,n,c))}}
var iu=di(Hl),au=di(Gl);function pi(e){let t=oe(e?.alignGaps,0);return(n,l,r,u)=>fl(n,l,(c,d,p,m,S,g,b,z,E,A,V)=>{[r,u]=Ln(p,r,u);let H=c.pxRound,v=$=>H(g($,m,A,
z)),N=$=>H(b($,S,V,E)),_,q;m.ori==0?(_=Hl,q=iu):(_=Gl,q=au);let C=m.dir*(m.ori==0?1:-1),K={stroke:new Path2D,fill:null,clip:null,band:null,gaps:null,flags:Fl},U=K.
stroke,X=!1;if(u-r>=A*4){let $=R=>n.posToVal(R,m.key,!0),j=null,F=null,te,O,Ke,Se=v(d[C==1?r:u]),le=v(d[r]),ce=v(d[u]),Z=$(C==1?le+1:ce-1);for(let R=C==1?r:u;R>=
r&&R<=u;R+=C){let Ae=d[R],xe=(C==1?Ae<Z:Ae>Z)?Se:v(Ae),ie=p[R];xe==Se?ie!=null?(O=ie,j==null?(_(U,xe,N(O)),te=j=F=O):O<j?j=O:O>F&&(F=O)):ie===null&&(X=!0):(j!=null&&
q(U,Se,N(j),N(F),N(te),N(O)),ie!=null?(O=ie,_(U,xe,N(O)),j=F=te=O):(j=F=null,ie===null&&(X=!0)),Se=xe,Z=$(Se+C))}j!=null&&j!=F&&Ke!=Se&&q(U,Se,N(j),N(F),N(te),N(
O))}else for(let $=C==1?r:u;$>=r&&$<=u;$+=C){let j=p[$];j===null?X=!0:j!=null&&_(U,v(d[$]),N(j))}let[k,J]=Wo(n,l);if(c.fill!=null||k!=0){let $=K.fill=new Path2D(
U),j=c.fillTo(n,l,c.min,c.max,k),F=N(j),te=v(d[r]),O=v(d[u]);C==-1&&([O,te]=[te,O]),_($,O,F),_($,te,F)}if(!c.spanGaps){let $=[];X&&$.push(...Bo(d,p,r,u,C,v,t)),
K.gaps=$=c.gaps(n,l,r,u,$),K.clip=zn($,m.ori,z,E,A,V)}return J!=0&&(K.band=J==2?[Rt(n,l,r,u,U,-1),Rt(n,l,r,u,U,1)]:Rt(n,l,r,u,U,J)),K})}function cu(e){let t=oe(
e.align,1),n=oe(e.ascDesc,!1),l=oe(e.alignGaps,0),r=oe(e.extend,!1);return(u,c,d,p)=>fl(u,c,(m,S,g,b,z,E,A,V,H,v,N)=>{[d,p]=Ln(g,d,p);let _=m.pxRound,{left:q,width:C}=u.
bbox,K=le=>_(E(le,b,v,V)),U=le=>_(A(le,z,N,H)),X=b.ori==0?Hl:Gl,B={stroke:new Path2D,fill:null,clip:null,band:null,gaps:null,flags:Fl},k=B.stroke,J=b.dir*(b.ori==
0?1:-1),$=U(g[J==1?d:p]),j=K(S[J==1?d:p]),F=j,te=j;r&&t==-1&&(te=q,X(k,te,$)),X(k,j,$);for(let le=J==1?d:p;le>=d&&le<=p;le+=J){let ce=g[le];if(ce==null)continue;
let Z=K(S[le]),R=U(ce);t==1?X(k,Z,$):X(k,F,R),X(k,Z,R),$=R,F=Z}let O=F;r&&t==1&&(O=q+C,X(k,O,$));let[Ke,Se]=Wo(u,c);if(m.fill!=null||Ke!=0){let le=B.fill=new Path2D(
k),ce=m.fillTo(u,c,m.min,m.max,Ke),Z=U(ce);X(le,O,Z),X(le,te,Z)}if(!m.spanGaps){let le=[];le.push(...Bo(S,g,d,p,J,K,l));let ce=m.width*se/2,Z=n||t==1?ce:-ce,R=n||
t==-1?-ce:ce;le.forEach(Ae=>{Ae[0]+=Z,Ae[1]+=R}),B.gaps=le=m.gaps(u,c,d,p,le),B.clip=zn(le,b.ori,V,H,v,N)}return Se!=0&&(B.band=Se==2?[Rt(u,c,d,p,k,-1),Rt(u,c,d,
p,k,1)]:Rt(u,c,d,p,k,Se)),B})}function Es(e,t,n,l,r,u,c=fe){if(e.length>1){let d=null;for(let p=0,m=1/0;p<e.length;p++)if(t[p]!==void 0){if(d!=null){let S=Ce(e[p]-
e[d]);S<m&&(m=S,c=Ce(n(e[p],l,r,u)-n(e[d],l,r,u)))}d=p}}return c}function uu(e){e=e||on;let t=oe(e.size,[.6,fe,1]),n=e.align||0,l=e.gap||0,r=e.radius;r=r==null?
[0,0]:typeof r=="number"?[r,0]:r;let u=ee(r),c=1-t[0],d=oe(t[1],fe),p=oe(t[2],1),m=oe(e.disp,on),S=oe(e.each,z=>{}),{fill:g,stroke:b}=m;return(z,E,A,V)=>fl(z,E,
(H,v,N,_,q,C,K,U,X,B,k)=>{let J=H.pxRound,$=n,j=l*se,F=d*se,te=p*se,O,Ke;_.ori==0?[O,Ke]=u(z,E):[Ke,O]=u(z,E);let Se=_.dir*(_.ori==0?1:-1),le=_.ori==0?Rn:Uo,ce=_.
ori==0?S:(P,pe,Le,hl,qt,kt,Kt)=>{S(P,pe,Le,qt,hl,Kt,kt)},Z=oe(z.bands,Fo).find(P=>P.series[0]==E),R=Z!=null?Z.dir:0,Ae=H.fillTo(z,E,H.min,H.max,R),We=J(K(Ae,q,k,
X)),xe,ie,ht,Xe=B,ve=J(H.width*se),_t=!1,Ct=null,it=null,It=null,dl=null;g!=null&&(ve==0||b!=null)&&(_t=!0,Ct=g.values(z,E,A,V),it=new Map,new Set(Ct).forEach(P=>{
P!=null&&it.set(P,new Path2D)}),ve>0&&(It=b.values(z,E,A,V),dl=new Map,new Set(It).forEach(P=>{P!=null&&dl.set(P,new Path2D)})));let{x0:pl,size:jl}=m;if(pl!=null&&
jl!=null){$=1,v=pl.values(z,E,A,V),pl.unit==2&&(v=v.map(Le=>z.posToVal(U+Le*B,_.key,!0)));let P=jl.values(z,E,A,V);jl.unit==2?ie=P[0]*B:ie=C(P[0],_,B,U)-C(0,_,B,
U),Xe=Es(v,N,C,_,B,U,Xe),ht=Xe-ie+j}else Xe=Es(v,N,C,_,B,U,Xe),ht=Xe*c+j,ie=Xe-ht;ht<1&&(ht=0),ve>=ie/2&&(ve=0),ht<5&&(J=Rs);let an=ht>0,Yt=Xe-ht-(an?ve:0);ie=J(
Eo(Yt,te,F)),xe=($==0?ie/2:$==Se?0:ie)-$*Se*(($==0?j/2:0)+(an?ve/2:0));let Be={stroke:null,fill:null,clip:null,band:null,gaps:null,flags:0},ml=_t?null:new Path2D,
zt=null;if(Z!=null)zt=z.data[Z.series[1]];else{let{y0:P,y1:pe}=m;P!=null&&pe!=null&&(N=pe.values(z,E,A,V),zt=P.values(z,E,A,V))}let Jt=O*ie,Y=Ke*ie;for(let P=Se==
1?A:V;P>=A&&P<=V;P+=Se){let pe=N[P];if(pe==null)continue;if(zt!=null){let Ze=zt[P]??0;if(pe-Ze==0)continue;We=K(Ze,q,k,X)}let Le=_.distr!=2||m!=null?v[P]:P,hl=C(
Le,_,B,U),qt=K(oe(pe,Ae),q,k,X),kt=J(hl-xe),Kt=J(qe(qt,We)),et=J(vt(qt,We)),at=Kt-et;if(pe!=null){let Ze=pe<0?Y:Jt,gt=pe<0?Jt:Y;_t?(ve>0&&It[P]!=null&&le(dl.get(
It[P]),kt,et+rt(ve/2),ie,qe(0,at-ve),Ze,gt),Ct[P]!=null&&le(it.get(Ct[P]),kt,et+rt(ve/2),ie,qe(0,at-ve),Ze,gt)):le(ml,kt,et+rt(ve/2),ie,qe(0,at-ve),Ze,gt),ce(z,
E,P,kt-ve/2,et,ie+ve,at)}}return ve>0?Be.stroke=_t?dl:ml:_t||(Be._fill=H.width==0?H._fill:H._stroke??H._fill,Be.width=0),Be.fill=_t?it:ml,Be})}function fu(e,t){
let n=oe(t?.alignGaps,0);return(l,r,u,c)=>fl(l,r,(d,p,m,S,g,b,z,E,A,V,H)=>{[u,c]=Ln(m,u,c);let v=d.pxRound,N=O=>v(b(O,S,V,E)),_=O=>v(z(O,g,H,A)),q,C,K;S.ori==0?
(q=Nn,K=Hl,C=ci):(q=$n,K=Gl,C=ui);let U=S.dir*(S.ori==0?1:-1),X=N(p[U==1?u:c]),B=X,k=[],J=[];for(let O=U==1?u:c;O>=u&&O<=c;O+=U)if(m[O]!=null){let Se=p[O],le=N(
Se);k.push(B=le),J.push(_(m[O]))}let $={stroke:e(k,J,q,K,C,v),fill:null,clip:null,band:null,gaps:null,flags:Fl},j=$.stroke,[F,te]=Wo(l,r);if(d.fill!=null||F!=0){
let O=$.fill=new Path2D(j),Ke=d.fillTo(l,r,d.min,d.max,F),Se=_(Ke);K(O,B,Se),K(O,X,Se)}if(!d.spanGaps){let O=[];O.push(...Bo(p,m,u,c,U,N,n)),$.gaps=O=d.gaps(l,r,
u,c,O),$.clip=zn(O,S.ori,E,A,V,H)}return te!=0&&($.band=te==2?[Rt(l,r,u,c,j,-1),Rt(l,r,u,c,j,1)]:Rt(l,r,u,c,j,te)),$})}function du(e){return fu(pu,e)}function pu(e,t,n,l,r,u){
let c=e.length;if(c<2)return null;let d=new Path2D;if(n(d,e[0],t[0]),c==2)l(d,e[1],t[1]);else{let p=Array(c),m=Array(c-1),S=Array(c-1),g=Array(c-1);for(let b=0;b<
c-1;b++)S[b]=t[b+1]-t[b],g[b]=e[b+1]-e[b],m[b]=S[b]/g[b];p[0]=m[0];for(let b=1;b<c-1;b++)m[b]===0||m[b-1]===0||m[b-1]>0!=m[b]>0?p[b]=0:(p[b]=3*(g[b-1]+g[b])/((2*
g[b]+g[b-1])/m[b-1]+(g[b]+2*g[b-1])/m[b]),isFinite(p[b])||(p[b]=0));p[c-1]=m[c-2];for(let b=0;b<c-1;b++)r(d,e[b]+g[b]/3,t[b]+p[b]*g[b]/3,e[b+1]-g[b]/3,t[b+1]-p[b+
1]*g[b]/3,e[b+1],t[b+1])}return d}var Do=new Set;function As(){for(let e of Do)e.syncRect(!0)}Vl&&(cl(Ya,$l,As),cl(Ja,$l,As,!0),cl(Tn,$l,()=>{Ge.pxRatio=se}));var mu=pi(),
hu=fi();function Ls(e,t,n,l){return(l?[e[0],e[1]].concat(e.slice(2)):[e[0]].concat(e.slice(1))).map((u,c)=>Co(u,c,t,n))}function gu(e,t){return e.map((n,l)=>l==
0?{}:Ee({},t,n))}function Co(e,t,n,l){return Ee({},t==0?n:l,e)}function mi(e,t,n){return t==null?Il:[t,n]}var bu=mi;function wu(e,t,n){return t==null?Il:En(t,n,
Io,!0)}function hi(e,t,n,l){return t==null?Il:Pn(t,n,e.scales[l].log,!1)}var Su=hi;function gi(e,t,n,l){return t==null?Il:Ro(t,n,e.scales[l].log,!1)}var xu=gi;function yu(e,t,n,l,r){
let u=qe(is(e),is(t)),c=t-e,d=yt(r/l*c,n);do{let p=n[d],m=l*p/c;if(m>=r&&u+(p<5?Bt.get(p):0)<=17)return[p,m]}while(++d<n.length);return[0,0]}function Ps(e){let t,
n;return e=e.replace(/(\d+)px/,(l,r)=>(t=De((n=+r)*se))+"px"),[e,t,n]}function vu(e){e.show&&[e.font,e.labelFont].forEach(t=>{let n=de(t[2]*se,1);t[0]=t[0].replace(
/[0-9.]+px/,n+"px"),t[1]=n})}function Ge(e,t,n){let l={mode:oe(e.mode,1)},r=l.mode;function u(o,s,i,a){let f=s.valToPct(o);return a+i*(s.dir==-1?1-f:f)}function c(o,s,i,a){
let f=s.valToPct(o);return a+i*(s.dir==-1?f:1-f)}function d(o,s,i,a){return s.ori==0?u(o,s,i,a):c(o,s,i,a)}l.valToPosH=u,l.valToPosV=c;let p=!1;l.status=0;let m=l.
root=pt(La);if(e.id!=null&&(m.id=e.id),ot(m,e.class),e.title){let o=pt(Ca,m);o.textContent=e.title}let S=xt("canvas"),g=l.ctx=S.getContext("2d"),b=pt(za,m);cl("\
click",b,o=>{o.target===E&&(he!=Tl||ye!=El)&&He.click(l,o)},!0);let z=l.under=pt(Na,b);b.appendChild(S);let E=l.over=pt($a,b);e=Ol(e);let A=+oe(e.pxAlign,1),V=Ts(
A);(e.plugins||[]).forEach(o=>{o.opts&&(e=o.opts(l,e)||e)});let H=e.ms||.001,v=l.series=r==1?Ls(e.series||[],Ss,ks,!1):gu(e.series||[null],_s),N=l.axes=Ls(e.axes||
[],ws,ys,!0),_=l.scales={},q=l.bands=e.bands||[];q.forEach(o=>{o.fill=ee(o.fill||null),o.dir=oe(o.dir,-1)});let C=r==2?v[1].facets[0].scale:v[0].scale,K={axes:Wi,
series:Fi},U=(e.drawOrder||["axes","series"]).map(o=>K[o]);function X(o){let s=o.distr==3?i=>$t(i>0?i:o.clamp(l,i,o.min,o.max,o.key)):o.distr==4?i=>So(i,o.asinh):
o.distr==100?i=>o.fwd(i):i=>i;return i=>{let a=s(i),{_min:f,_max:h}=o,w=h-f;return(a-f)/w}}function B(o){let s=_[o];if(s==null){let i=(e.scales||on)[o]||on;if(i.
from!=null){B(i.from);let a=Ee({},_[i.from],i,{key:o});a.valToPct=X(a),_[o]=a}else{s=_[o]=Ee({},o==C?oi:ou,i),s.key=o;let a=s.time,f=s.range,h=Wt(f);if((o!=C||r==
2&&!a)&&(h&&(f[0]==null||f[1]==null)&&(f={min:f[0]==null?os:{mode:1,hard:f[0],soft:f[0]},max:f[1]==null?os:{mode:1,hard:f[1],soft:f[1]}},h=!1),!h&&Cn(f))){let w=f;
f=(x,y,M)=>y==null?Il:En(y,M,w)}s.range=ee(f||(a?bu:o==C?s.distr==3?Su:s.distr==4?xu:mi:s.distr==3?hi:s.distr==4?gi:wu)),s.auto=ee(h?!1:s.auto),s.clamp=ee(s.clamp||
nu),s._min=s._max=null,s.valToPct=X(s)}}}B("x"),B("y"),r==1&&v.forEach(o=>{B(o.scale)}),N.forEach(o=>{B(o.scale)});for(let o in e.scales)B(o);let k=_[C],J=k.distr,
$,j;k.ori==0?(ot(m,Pa),$=u,j=c):(ot(m,Da),$=c,j=u);let F={};for(let o in _){let s=_[o];(s.min!=null||s.max!=null)&&(F[o]={min:s.min,max:s.max},s.min=s.max=null)}
let te=e.tzDate||(o=>new Date(De(o/H))),O=e.fmtDate||Vo,Ke=H==1?Pc(te):zc(te),Se=hs(te,ms(H==1?Lc:Cc,O)),le=bs(te,gs($c,O)),ce=[],Z=l.legend=Ee({},Oc,e.legend),
R=l.cursor=Ee({},Wc,{drag:{y:r==2}},e.cursor),Ae=Z.show,We=R.show,xe=Z.markers;Z.idxs=ce,xe.width=ee(xe.width),xe.dash=ee(xe.dash),xe.stroke=ee(xe.stroke),xe.fill=
ee(xe.fill);let ie,ht,Xe,ve=[],_t=[],Ct,it=!1,It={};if(Z.live){let o=v[1]?v[1].values:null;it=o!=null,Ct=it?o(l,1,0):{_:0};for(let s in Ct)It[s]=No}if(Ae)if(ie=
xt("table",Ha,m),Xe=xt("tbody",null,ie),Z.mount(l,ie),it){ht=xt("thead",null,ie,Xe);let o=xt("tr",null,ht);xt("th",null,o);for(var dl in Ct)xt("th",Br,o).textContent=
dl}else ot(ie,ja),Z.live&&ot(ie,Ga);let pl={show:!0},jl={show:!1};function an(o,s){if(s==0&&(it||!Z.live||r==2))return Il;let i=[],a=xt("tr",Wa,Xe,Xe.childNodes[s]);
ot(a,o.class),o.show||ot(a,al);let f=xt("th",null,a);if(xe.show){let x=pt(Ba,f);if(s>0){let y=xe.width(l,s);y&&(x.style.border=y+"px "+xe.dash(l,s)+" "+xe.stroke(
l,s)),x.style.background=xe.fill(l,s)}}let h=pt(Br,f);o.label instanceof HTMLElement?h.appendChild(o.label):h.textContent=o.label,s>0&&(xe.show||(h.style.color=
o.width>0?xe.stroke(l,s):xe.fill(l,s)),Be("click",f,x=>{if(R._lock)return;Qt(x);let y=v.indexOf(o);if((x.ctrlKey||x.metaKey)!=Z.isolate){let M=v.some((T,D)=>D>0&&
D!=y&&T.show);v.forEach((T,D)=>{D>0&&Tt(D,M?D==y?pl:jl:pl,!0,Te.setSeries)})}else Tt(y,{show:!o.show},!0,Te.setSeries)},!1),bl&&Be(qr,f,x=>{R._lock||(Qt(x),Tt(v.
indexOf(o),Ll,!0,Te.setSeries))},!1));for(var w in Ct){let x=xt("td",Ua,a);x.textContent="--",i.push(x)}return[a,i]}let Yt=new Map;function Be(o,s,i,a=!0){let f=Yt.
get(s)||{},h=R.bind[o](l,s,i,a);h&&(cl(o,s,f[o]=h),Yt.set(s,f))}function ml(o,s,i){let a=Yt.get(s)||{};for(let f in a)(o==null||f==o)&&(To(f,s,a[f]),delete a[f]);
o==null&&Yt.delete(s)}let zt=0,Jt=0,Y=0,P=0,pe=0,Le=0,hl=pe,qt=Le,kt=Y,Kt=P,et=0,at=0,Ze=0,gt=0;l.bbox={};let Vn=!1,cn=!1,gl=!1,Zt=!1,un=!1,ct=!1;function Hn(o,s,i){
(i||o!=l.width||s!=l.height)&&Qo(o,s),vl(!1),gl=!0,cn=!0,_l()}function Qo(o,s){l.width=zt=Y=o,l.height=Jt=P=s,pe=Le=0,Ci(),zi();let i=l.bbox;et=i.left=sl(pe*se,
.5),at=i.top=sl(Le*se,.5),Ze=i.width=sl(Y*se,.5),gt=i.height=sl(P*se,.5)}let Li=3;function Pi(){let o=!1,s=0;for(;!o;){s++;let i=Gi(s),a=ji(s);o=s==Li||i&&a,o||
(Qo(l.width,l.height),cn=!0)}}function Di({width:o,height:s}){Hn(o,s)}l.setSize=Di;function Ci(){let o=!1,s=!1,i=!1,a=!1;N.forEach((f,h)=>{if(f.show&&f._show){let{
side:w,_size:x}=f,y=w%2,M=f.label!=null?f.labelSize:0,T=x+M;T>0&&(y?(Y-=T,w==3?(pe+=T,a=!0):i=!0):(P-=T,w==0?(Le+=T,o=!0):s=!0))}}),Xt[0]=o,Xt[1]=i,Xt[2]=s,Xt[3]=
a,Y-=Ot[1]+Ot[3],pe+=Ot[3],P-=Ot[2]+Ot[0],Le+=Ot[0]}function zi(){let o=pe+Y,s=Le+P,i=pe,a=Le;function f(h,w){switch(h){case 1:return o+=w,o-w;case 2:return s+=
w,s-w;case 3:return i-=w,i+w;case 0:return a-=w,a+w}}N.forEach((h,w)=>{if(h.show&&h._show){let x=h.side;h._pos=f(x,h._size),h.label!=null&&(h._lpos=f(x,h.labelSize))}})}
if(R.dataIdx==null){let o=R.hover,s=o.skip=new Set(o.skip??[]);s.add(void 0);let i=o.prox=ee(o.prox),a=o.bias??=0;R.dataIdx=(f,h,w,x)=>{if(h==0)return w;let y=w,
M=i(f,h,w,x)??fe,T=M>=0&&M<fe,D=k.ori==0?Y:P,W=R.left,re=t[0],ne=t[h];if(s.has(ne[w])){y=null;let Q=null,G=null,I;if(a==0||a==-1)for(I=w;Q==null&&I-- >0;)s.has(
ne[I])||(Q=I);if(a==0||a==1)for(I=w;G==null&&I++<ne.length;)s.has(ne[I])||(G=I);if(Q!=null||G!=null)if(T){let be=Q==null?-1/0:$(re[Q],k,D,0),_e=G==null?1/0:$(re[G],
k,D,0),Oe=W-be,ue=_e-W;Oe<=ue?Oe<=M&&(y=Q):ue<=M&&(y=G)}else y=G==null?Q:Q==null?G:w-Q<=G-w?Q:G}else T&&Ce(W-$(re[w],k,D,0))>M&&(y=null);return y}}let Qt=o=>{R.
event=o};R.idxs=ce,R._lock=!1;let je=R.points;je.show=ee(je.show),je.size=ee(je.size),je.stroke=ee(je.stroke),je.width=ee(je.width),je.fill=ee(je.fill);let Mt=l.
focus=Ee({},e.focus||{alpha:.3},R.focus),bl=Mt.prox>=0,wl=bl&&je.one,ut=[],Sl=[],xl=[];function Xo(o,s){let i=je.show(l,s);if(i instanceof HTMLElement)return ot(
i,Va),ot(i,o.class),Dt(i,-10,-10,Y,P),E.insertBefore(i,ut[s]),i}function er(o,s){if(r==1||s>0){let i=r==1&&_[o.scale].time,a=o.value;o.value=i?us(a)?bs(te,gs(a,
O)):a||le:a||eu,o.label=o.label||(i?Uc:Bc)}if(wl||s>0){o.width=o.width==null?1:o.width,o.paths=o.paths||mu||oc,o.fillTo=ee(o.fillTo||ru),o.pxAlign=+oe(o.pxAlign,
A),o.pxRound=Ts(o.pxAlign),o.stroke=ee(o.stroke||null),o.fill=ee(o.fill||null),o._stroke=o._fill=o._paths=o._focus=null;let i=tu(qe(1,o.width),1),a=o.points=Ee(
{},{size:i,width:qe(1,i*.2),stroke:o.stroke,space:i*2,paths:hu,_stroke:null,_fill:null},o.points);a.show=ee(a.show),a.filter=ee(a.filter),a.fill=ee(a.fill),a.stroke=
ee(a.stroke),a.paths=ee(a.paths),a.pxAlign=o.pxAlign}if(Ae){let i=an(o,s);ve.splice(s,0,i[0]),_t.splice(s,0,i[1]),Z.values.push(null)}if(We){ce.splice(s,0,null);
let i=null;wl?s==0&&(i=Xo(o,s)):s>0&&(i=Xo(o,s)),ut.splice(s,0,i),Sl.splice(s,0,0),xl.splice(s,0,0)}Ie("addSeries",s)}function Ni(o,s){s=s??v.length,o=r==1?Co(o,
s,Ss,ks):Co(o,s,{},_s),v.splice(s,0,o),er(v[s],s)}l.addSeries=Ni;function $i(o){if(v.splice(o,1),Ae){Z.values.splice(o,1),_t.splice(o,1);let s=ve.splice(o,1)[0];
ml(null,s.firstChild),s.remove()}We&&(ce.splice(o,1),ut.splice(o,1)[0].remove(),Sl.splice(o,1),xl.splice(o,1)),Ie("delSeries",o)}l.delSeries=$i;let Xt=[!1,!1,!1,
!1];function Ri(o,s){if(o._show=o.show,o.show){let i=o.side%2,a=_[o.scale];a==null&&(o.scale=i?v[1].scale:C,a=_[o.scale]);let f=a.time;o.size=ee(o.size),o.space=
ee(o.space),o.rotate=ee(o.rotate),Wt(o.incrs)&&o.incrs.forEach(w=>{!Bt.has(w)&&Bt.set(w,Fs(w))}),o.incrs=ee(o.incrs||(a.distr==2?Tc:f?H==1?Ac:Dc:il)),o.splits=ee(
o.splits||(f&&a.distr==1?Ke:a.distr==3?Ao:a.distr==4?qc:Jc)),o.stroke=ee(o.stroke),o.grid.stroke=ee(o.grid.stroke),o.ticks.stroke=ee(o.ticks.stroke),o.border.stroke=
ee(o.border.stroke);let h=o.values;o.values=Wt(h)&&!Wt(h[0])?ee(h):f?Wt(h)?hs(te,ms(h,O)):us(h)?Nc(te,h):h||Se:h||Yc,o.filter=ee(o.filter||(a.distr>=3&&a.log==10?
Qc:a.distr==3&&a.log==2?Xc:Is)),o.font=Ps(o.font),o.labelFont=Ps(o.labelFont),o._size=o.size(l,null,s,0),o._space=o._rotate=o._incrs=o._found=o._splits=o._values=
null,o._size>0&&(Xt[s]=!0,o._el=pt(Ra,b))}}function Wl(o,s,i,a){let[f,h,w,x]=i,y=s%2,M=0;return y==0&&(x||h)&&(M=s==0&&!f||s==2&&!w?De(ws.size/3):0),y==1&&(f||w)&&
(M=s==1&&!h||s==3&&!x?De(ys.size/2):0),M}let tr=l.padding=(e.padding||[Wl,Wl,Wl,Wl]).map(o=>ee(oe(o,Wl))),Ot=l._padding=tr.map((o,s)=>o(l,s,Xt,0)),Ve,ze=null,Ne=null,
fn=r==1?v[0].idxs:null,bt=null,Bl=!1;function lr(o,s){if(t=o??[],l.data=l._data=t,r==2){Ve=0;for(let i=1;i<v.length;i++)Ve+=t[i][0].length}else{t.length==0&&(l.
data=l._data=t=[[]]),bt=t[0],Ve=bt.length;let i=t;if(J==2){i=t.slice();let a=i[0]=Array(Ve);for(let f=0;f<Ve;f++)a[f]=f}l._data=t=i}if(vl(!0),Ie("setData"),J==2&&
(gl=!0),s!==!1){let i=k;i.auto(l,Bl)?Gn():Vt(C,i.min,i.max),Zt=Zt||R.left>=0,ct=!0,_l()}}l.setData=lr;function Gn(){Bl=!0;let o,s;r==1&&(Ve>0?(ze=fn[0]=0,Ne=fn[1]=
Ve-1,o=t[0][ze],s=t[0][Ne],J==2?(o=ze,s=Ne):o==s&&(J==3?[o,s]=Pn(o,o,k.log,!1):J==4?[o,s]=Ro(o,o,k.log,!1):k.time?s=o+De(86400/H):[o,s]=En(o,s,Io,!0))):(ze=fn[0]=
o=null,Ne=fn[1]=s=null)),Vt(C,o,s)}let dn,yl,jn,Wn,Bn,Un,Yn,Jn,qn,Qe;function nr(o,s,i,a,f,h){o??=Yr,i??=Fo,a??="butt",f??=Yr,h??="round",o!=dn&&(g.strokeStyle=
dn=o),f!=yl&&(g.fillStyle=yl=f),s!=jn&&(g.lineWidth=jn=s),h!=Bn&&(g.lineJoin=Bn=h),a!=Un&&(g.lineCap=Un=a),i!=Wn&&g.setLineDash(Wn=i)}function or(o,s,i,a){s!=yl&&
(g.fillStyle=yl=s),o!=Yn&&(g.font=Yn=o),i!=Jn&&(g.textAlign=Jn=i),a!=qn&&(g.textBaseline=qn=a)}function Kn(o,s,i,a,f=0){if(a.length>0&&o.auto(l,Bl)&&(s==null||s.
min==null)){let h=oe(ze,0),w=oe(Ne,a.length-1),x=i.min==null?Qa(a,h,w,f,o.distr==3):[i.min,i.max];o.min=vt(o.min,i.min=x[0]),o.max=qe(o.max,i.max=x[1])}}let rr={
min:null,max:null};function Ii(){for(let a in _){let f=_[a];F[a]==null&&(f.min==null||F[C]!=null&&f.auto(l,Bl))&&(F[a]=rr)}for(let a in _){let f=_[a];F[a]==null&&
f.from!=null&&F[f.from]!=null&&(F[a]=rr)}F[C]!=null&&vl(!0);let o={};for(let a in F){let f=F[a];if(f!=null){let h=o[a]=Ol(_[a],ic);if(f.min!=null)Ee(h,f);else if(a!=
C||r==2)if(Ve==0&&h.from==null){let w=h.range(l,null,null,a);h.min=w[0],h.max=w[1]}else h.min=fe,h.max=-fe}}if(Ve>0){v.forEach((a,f)=>{if(r==1){let h=a.scale,w=F[h];
if(w==null)return;let x=o[h];if(f==0){let y=x.range(l,x.min,x.max,h);x.min=y[0],x.max=y[1],ze=yt(x.min,t[0]),Ne=yt(x.max,t[0]),Ne-ze>1&&(t[0][ze]<x.min&&ze++,t[0][Ne]>
x.max&&Ne--),a.min=bt[ze],a.max=bt[Ne]}else a.show&&a.auto&&Kn(x,w,a,t[f],a.sorted);a.idxs[0]=ze,a.idxs[1]=Ne}else if(f>0&&a.show&&a.auto){let[h,w]=a.facets,x=h.
scale,y=w.scale,[M,T]=t[f],D=o[x],W=o[y];D!=null&&Kn(D,F[x],h,M,h.sorted),W!=null&&Kn(W,F[y],w,T,w.sorted),a.min=w.min,a.max=w.max}});for(let a in o){let f=o[a],
h=F[a];if(f.from==null&&(h==null||h.min==null)){let w=f.range(l,f.min==fe?null:f.min,f.max==-fe?null:f.max,a);f.min=w[0],f.max=w[1]}}}for(let a in o){let f=o[a];
if(f.from!=null){let h=o[f.from];if(h.min==null)f.min=f.max=null;else{let w=f.range(l,h.min,h.max,a);f.min=w[0],f.max=w[1]}}}let s={},i=!1;for(let a in o){let f=o[a],
h=_[a];if(h.min!=f.min||h.max!=f.max){h.min=f.min,h.max=f.max;let w=h.distr;h._min=w==3?$t(h.min):w==4?So(h.min,h.asinh):w==100?h.fwd(h.min):h.min,h._max=w==3?$t(
h.max):w==4?So(h.max,h.asinh):w==100?h.fwd(h.max):h.max,s[a]=i=!0}}if(i){v.forEach((a,f)=>{r==2?f>0&&s.y&&(a._paths=null):s[a.scale]&&(a._paths=null)});for(let a in s)
gl=!0,Ie("setScale",a);We&&R.left>=0&&(Zt=ct=!0)}for(let a in F)F[a]=null}function Oi(o){let s=Eo(ze-1,0,Ve-1),i=Eo(Ne+1,0,Ve-1);for(;o[s]==null&&s>0;)s--;for(;o[i]==
null&&i<Ve-1;)i++;return[s,i]}function Fi(){if(Ve>0){let o=v.some(s=>s._focus)&&Qe!=Mt.alpha;o&&(g.globalAlpha=Qe=Mt.alpha),v.forEach((s,i)=>{if(i>0&&s.show&&(sr(
i,!1),sr(i,!0),s._paths==null)){let a=Qe;Qe!=s.alpha&&(g.globalAlpha=Qe=s.alpha);let f=r==2?[0,t[i][0].length-1]:Oi(t[i]);s._paths=s.paths(l,i,f[0],f[1]),Qe!=a&&
(g.globalAlpha=Qe=a)}}),v.forEach((s,i)=>{if(i>0&&s.show){let a=Qe;Qe!=s.alpha&&(g.globalAlpha=Qe=s.alpha),s._paths!=null&&ir(i,!1);{let f=s._paths!=null?s._paths.
gaps:null,h=s.points.show(l,i,ze,Ne,f),w=s.points.filter(l,i,h,f);(h||w)&&(s.points._paths=s.points.paths(l,i,ze,Ne,w),ir(i,!0))}Qe!=a&&(g.globalAlpha=Qe=a),Ie(
"drawSeries",i)}}),o&&(g.globalAlpha=Qe=1)}}function sr(o,s){let i=s?v[o].points:v[o];i._stroke=i.stroke(l,o),i._fill=i.fill(l,o)}function ir(o,s){let i=s?v[o].
points:v[o],{stroke:a,fill:f,clip:h,flags:w,_stroke:x=i._stroke,_fill:y=i._fill,_width:M=i.width}=i._paths;M=de(M*se,3);let T=null,D=M%2/2;s&&y==null&&(y=M>0?"#\
fff":x);let W=i.pxAlign==1&&D>0;if(W&&g.translate(D,D),!s){let re=et-M/2,ne=at-M/2,Q=Ze+M,G=gt+M;T=new Path2D,T.rect(re,ne,Q,G)}s?Zn(x,M,i.dash,i.cap,y,a,f,w,h):
Vi(o,x,M,i.dash,i.cap,y,a,f,w,T,h),W&&g.translate(-D,-D)}function Vi(o,s,i,a,f,h,w,x,y,M,T){let D=!1;y!=0&&q.forEach((W,re)=>{if(W.series[0]==o){let ne=v[W.series[1]],
Q=t[W.series[1]],G=(ne._paths||on).band;Wt(G)&&(G=W.dir==1?G[0]:G[1]);let I,be=null;ne.show&&G&&ec(Q,ze,Ne)?(be=W.fill(l,re)||h,I=ne._paths.clip):G=null,Zn(s,i,
a,f,be,w,x,y,M,T,I,G),D=!0}}),D||Zn(s,i,a,f,h,w,x,y,M,T)}let ar=Fl|Po;function Zn(o,s,i,a,f,h,w,x,y,M,T,D){nr(o,s,i,a,f),(y||M||D)&&(g.save(),y&&g.clip(y),M&&g.
clip(M)),D?(x&ar)==ar?(g.clip(D),T&&g.clip(T),mn(f,w),pn(o,h,s)):x&Po?(mn(f,w),g.clip(D),pn(o,h,s)):x&Fl&&(g.save(),g.clip(D),T&&g.clip(T),mn(f,w),g.restore(),pn(
o,h,s)):(mn(f,w),pn(o,h,s)),(y||M||D)&&g.restore()}function pn(o,s,i){i>0&&(s instanceof Map?s.forEach((a,f)=>{g.strokeStyle=dn=f,g.stroke(a)}):s!=null&&o&&g.stroke(
s))}function mn(o,s){s instanceof Map?s.forEach((i,a)=>{g.fillStyle=yl=a,g.fill(i)}):s!=null&&o&&g.fill(s)}function Hi(o,s,i,a){let f=N[o],h;if(a<=0)h=[0,0];else{
let w=f._space=f.space(l,o,s,i,a),x=f._incrs=f.incrs(l,o,s,i,a,w);h=yu(s,i,x,a,w)}return f._found=h}function Qn(o,s,i,a,f,h,w,x,y,M){let T=w%2/2;A==1&&g.translate(
T,T),nr(x,w,y,M,x),g.beginPath();let D,W,re,ne,Q=f+(a==0||a==3?-h:h);i==0?(W=f,ne=Q):(D=f,re=Q);for(let G=0;G<o.length;G++)s[G]!=null&&(i==0?D=re=o[G]:W=ne=o[G],
g.moveTo(D,W),g.lineTo(re,ne));g.stroke(),A==1&&g.translate(-T,-T)}function Gi(o){let s=!0;return N.forEach((i,a)=>{if(!i.show)return;let f=_[i.scale];if(f.min==
null){i._show&&(s=!1,i._show=!1,vl(!1));return}else i._show||(s=!1,i._show=!0,vl(!1));let h=i.side,w=h%2,{min:x,max:y}=f,[M,T]=Hi(a,x,y,w==0?Y:P);if(T==0)return;
let D=f.distr==2,W=i._splits=i.splits(l,a,x,y,M,T,D),re=f.distr==2?W.map(I=>bt[I]):W,ne=f.distr==2?bt[W[1]]-bt[W[0]]:M,Q=i._values=i.values(l,i.filter(l,re,a,T,
ne),a,T,ne);i._rotate=h==2?i.rotate(l,Q,a,T):0;let G=i._size;i._size=mt(i.size(l,Q,a,o)),G!=null&&i._size!=G&&(s=!1)}),s}function ji(o){let s=!0;return tr.forEach(
(i,a)=>{let f=i(l,a,Xt,o);f!=Ot[a]&&(s=!1),Ot[a]=f}),s}function Wi(){for(let o=0;o<N.length;o++){let s=N[o];if(!s.show||!s._show)continue;let i=s.side,a=i%2,f,h,
w=s.stroke(l,o),x=i==0||i==3?-1:1,[y,M]=s._found;if(s.label!=null){let Ye=s.labelGap*x,nt=De((s._lpos+Ye)*se);or(s.labelFont[0],w,"center",i==2?"top":Ur),g.save(),
a==1?(f=h=0,g.translate(nt,De(at+gt/2)),g.rotate((i==3?-Mn:Mn)/2)):(f=De(et+Ze/2),h=nt);let ll=$s(s.label)?s.label(l,o,y,M):s.label;g.fillText(ll,f,h),g.restore()}
if(M==0)continue;let T=_[s.scale],D=a==0?Ze:gt,W=a==0?et:at,re=s._splits,ne=T.distr==2?re.map(Ye=>bt[Ye]):re,Q=T.distr==2?bt[re[1]]-bt[re[0]]:y,G=s.ticks,I=s.border,
be=G.show?G.size:0,_e=De(be*se),Oe=De((s.alignTo==2?s._size-be-s.gap:s.gap)*se),ue=s._rotate*-Mn/180,ke=V(s._pos*se),tt=(_e+Oe)*x,Ue=ke+tt;h=a==0?Ue:0,f=a==1?Ue:
0;let ft=s.font[0],wt=s.align==1?zl:s.align==2?go:ue>0?zl:ue<0?go:a==0?"center":i==3?go:zl,At=ue||a==1?"middle":i==2?"top":Ur;or(ft,w,wt,At);let lt=s.font[1]*s.
lineGap,dt=re.map(Ye=>V(d(Ye,T,D,W))),St=s._values;for(let Ye=0;Ye<St.length;Ye++){let nt=St[Ye];if(nt!=null){a==0?f=dt[Ye]:h=dt[Ye],nt=""+nt;let ll=nt.indexOf(
`
`)==-1?[nt]:nt.split(/\n/gm);for(let Je=0;Je<ll.length;Je++){let Er=ll[Je];ue?(g.save(),g.translate(f,h+Je*lt),g.rotate(ue),g.fillText(Er,0,0),g.restore()):g.fillText(
Er,f,h+Je*lt)}}}G.show&&Qn(dt,G.filter(l,ne,o,M,Q),a,i,ke,_e,de(G.width*se,3),G.stroke(l,o),G.dash,G.cap);let Lt=s.grid;Lt.show&&Qn(dt,Lt.filter(l,ne,o,M,Q),a,a==
0?2:1,a==0?at:et,a==0?gt:Ze,de(Lt.width*se,3),Lt.stroke(l,o),Lt.dash,Lt.cap),I.show&&Qn([ke],[1],a==0?1:0,a==0?1:2,a==1?at:et,a==1?gt:Ze,de(I.width*se,3),I.stroke(
l,o),I.dash,I.cap)}Ie("drawAxes")}function vl(o){v.forEach((s,i)=>{i>0&&(s._paths=null,o&&(r==1?(s.min=null,s.max=null):s.facets.forEach(a=>{a.min=null,a.max=null})))})}
let hn=!1,Xn=!1,Ul=[];function Bi(){Xn=!1;for(let o=0;o<Ul.length;o++)Ie(...Ul[o]);Ul.length=0}function _l(){hn||(mc(cr),hn=!0)}function Ui(o,s=!1){hn=!0,Xn=s,o(
l),cr(),s&&Ul.length>0&&queueMicrotask(Bi)}l.batch=Ui;function cr(){if(Vn&&(Ii(),Vn=!1),gl&&(Pi(),gl=!1),cn){if(we(z,zl,pe),we(z,"top",Le),we(z,en,Y),we(z,tn,P),
we(E,zl,pe),we(E,"top",Le),we(E,en,Y),we(E,tn,P),we(b,en,zt),we(b,tn,Jt),S.width=De(zt*se),S.height=De(Jt*se),N.forEach(({_el:o,_show:s,_size:i,_pos:a,side:f})=>{
if(o!=null)if(s){let h=f===3||f===0?i:0,w=f%2==1;we(o,w?"left":"top",a-h),we(o,w?"width":"height",i),we(o,w?"top":"left",w?Le:pe),we(o,w?"height":"width",w?P:Y),
Mo(o,al)}else ot(o,al)}),dn=yl=jn=Bn=Un=Yn=Jn=qn=Wn=null,Qe=1,ql(!0),pe!=hl||Le!=qt||Y!=kt||P!=Kt){vl(!1);let o=Y/kt,s=P/Kt;if(We&&!Zt&&R.left>=0){R.left*=o,R.top*=
s,kl&&Dt(kl,De(R.left),0,Y,P),Ml&&Dt(Ml,0,De(R.top),Y,P);for(let i=0;i<ut.length;i++){let a=ut[i];a!=null&&(Sl[i]*=o,xl[i]*=s,Dt(a,mt(Sl[i]),mt(xl[i]),Y,P))}}if(ge.
show&&!un&&ge.left>=0&&ge.width>0){ge.left*=o,ge.width*=o,ge.top*=s,ge.height*=s;for(let i in ro)we(Al,i,ge[i])}hl=pe,qt=Le,kt=Y,Kt=P}Ie("setSize"),cn=!1}zt>0&&
Jt>0&&(g.clearRect(0,0,S.width,S.height),Ie("drawClear"),U.forEach(o=>o()),Ie("draw")),ge.show&&un&&(gn(ge),un=!1),We&&Zt&&(tl(null,!0,!1),Zt=!1),Z.show&&Z.live&&
ct&&(no(),ct=!1),p||(p=!0,l.status=1,Ie("ready")),Bl=!1,hn=!1}l.redraw=(o,s)=>{gl=s||!1,o!==!1?Vt(C,k.min,k.max):_l()};function eo(o,s){let i=_[o];if(i.from==null){
if(Ve==0){let a=i.range(l,s.min,s.max,o);s.min=a[0],s.max=a[1]}if(s.min>s.max){let a=s.min;s.min=s.max,s.max=a}if(Ve>1&&s.min!=null&&s.max!=null&&s.max-s.min<1e-16)
return;o==C&&i.distr==2&&Ve>0&&(s.min=yt(s.min,t[0]),s.max=yt(s.max,t[0]),s.min==s.max&&s.max++),F[o]=s,Vn=!0,_l()}}l.setScale=eo;let to,lo,kl,Ml,ur,fr,Tl,El,dr,
pr,he,ye,Ft=!1,He=R.drag,$e=He.x,Re=He.y;We&&(R.x&&(to=pt(Oa,E)),R.y&&(lo=pt(Fa,E)),k.ori==0?(kl=to,Ml=lo):(kl=lo,Ml=to),he=R.left,ye=R.top);let ge=l.select=Ee(
{show:!0,over:!0,left:0,width:0,top:0,height:0},e.select),Al=ge.show?pt(Ia,ge.over?E:z):null;function gn(o,s){if(ge.show){for(let i in o)ge[i]=o[i],i in ro&&we(
Al,i,o[i]);s!==!1&&Ie("setSelect")}}l.setSelect=gn;function Yi(o){if(v[o].show)Ae&&Mo(ve[o],al);else if(Ae&&ot(ve[o],al),We){let i=wl?ut[0]:ut[o];i!=null&&Dt(i,
-10,-10,Y,P)}}function Vt(o,s,i){eo(o,{min:s,max:i})}function Tt(o,s,i,a){s.focus!=null&&Qi(o),s.show!=null&&v.forEach((f,h)=>{h>0&&(o==h||o==null)&&(f.show=s.show,
Yi(h),r==2?(Vt(f.facets[0].scale,null,null),Vt(f.facets[1].scale,null,null)):Vt(f.scale,null,null),_l())}),i!==!1&&Ie("setSeries",o,s),a&&Kl("setSeries",l,o,s)}
l.setSeries=Tt;function Ji(o,s){Ee(q[o],s)}function qi(o,s){o.fill=ee(o.fill||null),o.dir=oe(o.dir,-1),s=s??q.length,q.splice(s,0,o)}function Ki(o){o==null?q.length=
0:q.splice(o,1)}l.addBand=qi,l.setBand=Ji,l.delBand=Ki;function Zi(o,s){v[o].alpha=s,We&&ut[o]!=null&&(ut[o].style.opacity=s),Ae&&ve[o]&&(ve[o].style.opacity=s)}
let Nt,Ht,el,Ll={focus:!0};function Qi(o){if(o!=el){let s=o==null,i=Mt.alpha!=1;v.forEach((a,f)=>{if(r==1||f>0){let h=s||f==0||f==o;a._focus=s?null:h,i&&Zi(f,h?
1:Mt.alpha)}}),el=o,i&&_l()}}Ae&&bl&&Be(Kr,ie,o=>{R._lock||(Qt(o),el!=null&&Tt(null,Ll,!0,Te.setSeries))});function Et(o,s,i){let a=_[s];i&&(o=o/se-(a.ori==1?Le:
pe));let f=Y;a.ori==1&&(f=P,o=f-o),a.dir==-1&&(o=f-o);let h=a._min,w=a._max,x=o/f,y=h+(w-h)*x,M=a.distr;return M==3?Rl(10,y):M==4?lc(y,a.asinh):M==100?a.bwd(y):
y}function Xi(o,s){let i=Et(o,C,s);return yt(i,t[0],ze,Ne)}l.valToIdx=o=>yt(o,t[0]),l.posToIdx=Xi,l.posToVal=Et,l.valToPos=(o,s,i)=>_[s].ori==0?u(o,_[s],i?Ze:Y,
i?et:0):c(o,_[s],i?gt:P,i?at:0),l.setCursor=(o,s,i)=>{he=o.left,ye=o.top,tl(null,s,i)};function mr(o,s){we(Al,zl,ge.left=o),we(Al,en,ge.width=s)}function hr(o,s){
we(Al,"top",ge.top=o),we(Al,tn,ge.height=s)}let Yl=k.ori==0?mr:hr,Jl=k.ori==1?mr:hr;function ea(){if(Ae&&Z.live)for(let o=r==2?1:0;o<v.length;o++){if(o==0&&it)continue;
let s=Z.values[o],i=0;for(let a in s)_t[o][i++].firstChild.nodeValue=s[a]}}function no(o,s){if(o!=null&&(o.idxs?o.idxs.forEach((i,a)=>{ce[a]=i}):sc(o.idx)||ce.fill(
o.idx),Z.idx=ce[0]),Ae&&Z.live){for(let i=0;i<v.length;i++)(i>0||r==1&&!it)&&ta(i,ce[i]);ea()}ct=!1,s!==!1&&Ie("setLegend")}l.setLegend=no;function ta(o,s){let i=v[o],
a=o==0&&J==2?bt:t[o],f;it?f=i.values(l,o,s)??It:(f=i.value(l,s==null?null:a[s],o,s),f=f==null?It:{_:f}),Z.values[o]=f}function tl(o,s,i){dr=he,pr=ye,[he,ye]=R.move(
l,he,ye),R.left=he,R.top=ye,We&&(kl&&Dt(kl,De(he),0,Y,P),Ml&&Dt(Ml,0,De(ye),Y,P));let a,f=ze>Ne;Nt=fe,Ht=null;let h=k.ori==0?Y:P,w=k.ori==1?Y:P;if(he<0||Ve==0||
f){a=R.idx=null;for(let x=0;x<v.length;x++){let y=ut[x];y!=null&&Dt(y,-10,-10,Y,P)}bl&&Tt(null,Ll,!0,o==null&&Te.setSeries),Z.live&&(ce.fill(a),ct=!0)}else{let x,
y,M;r==1&&(x=k.ori==0?he:ye,y=Et(x,C),a=R.idx=yt(y,t[0],ze,Ne),M=$(t[0][a],k,h,0));let T=-10,D=-10,W=0,re=0,ne=!0,Q="",G="";for(let I=r==2?1:0;I<v.length;I++){let be=v[I],
_e=ce[I],Oe=_e==null?null:r==1?t[I][_e]:t[I][1][_e],ue=R.dataIdx(l,I,a,y),ke=ue==null?null:r==1?t[I][ue]:t[I][1][ue];if(ct=ct||ke!=Oe||ue!=_e,ce[I]=ue,I>0&&be.show){
let tt=ue==null?-10:ue==a?M:$(r==1?t[0][ue]:t[I][0][ue],k,h,0),Ue=ke==null?-10:j(ke,r==1?_[be.scale]:_[be.facets[1].scale],w,0);if(bl&&ke!=null){let ft=k.ori==1?
he:ye,wt=Ce(Mt.dist(l,I,ue,Ue,ft));if(wt<Nt){let At=Mt.bias;if(At!=0){let lt=Et(ft,be.scale),dt=ke>=0?1:-1,St=lt>=0?1:-1;St==dt&&(St==1?At==1?ke>=lt:ke<=lt:At==
1?ke<=lt:ke>=lt)&&(Nt=wt,Ht=I)}else Nt=wt,Ht=I}}if(ct||wl){let ft,wt;k.ori==0?(ft=tt,wt=Ue):(ft=Ue,wt=tt);let At,lt,dt,St,Lt,Ye,nt=!0,ll=je.bbox;if(ll!=null){nt=
!1;let Je=ll(l,I);dt=Je.left,St=Je.top,At=Je.width,lt=Je.height}else dt=ft,St=wt,At=lt=je.size(l,I);if(Ye=je.fill(l,I),Lt=je.stroke(l,I),wl)I==Ht&&Nt<=Mt.prox&&
(T=dt,D=St,W=At,re=lt,ne=nt,Q=Ye,G=Lt);else{let Je=ut[I];Je!=null&&(Sl[I]=dt,xl[I]=St,ns(Je,At,lt,nt),ts(Je,Ye,Lt),Dt(Je,mt(dt),mt(St),Y,P))}}}}if(wl){let I=Mt.
prox,be=el==null?Nt<=I:Nt>I||Ht!=el;if(ct||be){let _e=ut[0];_e!=null&&(Sl[0]=T,xl[0]=D,ns(_e,W,re,ne),ts(_e,Q,G),Dt(_e,mt(T),mt(D),Y,P))}}}if(ge.show&&Ft)if(o!=
null){let[x,y]=Te.scales,[M,T]=Te.match,[D,W]=o.cursor.sync.scales,re=o.cursor.drag;if($e=re._x,Re=re._y,$e||Re){let{left:ne,top:Q,width:G,height:I}=o.select,be=o.
scales[D].ori,_e=o.posToVal,Oe,ue,ke,tt,Ue,ft=x!=null&&M(x,D),wt=y!=null&&T(y,W);ft&&$e?(be==0?(Oe=ne,ue=G):(Oe=Q,ue=I),ke=_[x],tt=$(_e(Oe,D),ke,h,0),Ue=$(_e(Oe+
ue,D),ke,h,0),Yl(vt(tt,Ue),Ce(Ue-tt))):Yl(0,h),wt&&Re?(be==1?(Oe=ne,ue=G):(Oe=Q,ue=I),ke=_[y],tt=j(_e(Oe,W),ke,w,0),Ue=j(_e(Oe+ue,W),ke,w,0),Jl(vt(tt,Ue),Ce(Ue-
tt))):Jl(0,w)}else so()}else{let x=Ce(dr-ur),y=Ce(pr-fr);if(k.ori==1){let W=x;x=y,y=W}$e=He.x&&x>=He.dist,Re=He.y&&y>=He.dist;let M=He.uni;M!=null?$e&&Re&&($e=x>=
M,Re=y>=M,!$e&&!Re&&(y>x?Re=!0:$e=!0)):He.x&&He.y&&($e||Re)&&($e=Re=!0);let T,D;$e&&(k.ori==0?(T=Tl,D=he):(T=El,D=ye),Yl(vt(T,D),Ce(D-T)),Re||Jl(0,w)),Re&&(k.ori==
1?(T=Tl,D=he):(T=El,D=ye),Jl(vt(T,D),Ce(D-T)),$e||Yl(0,h)),!$e&&!Re&&(Yl(0,0),Jl(0,0))}if(He._x=$e,He._y=Re,o==null){if(i){if(Tr!=null){let[x,y]=Te.scales;Te.values[0]=
x!=null?Et(k.ori==0?he:ye,x):null,Te.values[1]=y!=null?Et(k.ori==1?he:ye,y):null}Kl(bo,l,he,ye,Y,P,a)}if(bl){let x=i&&Te.setSeries,y=Mt.prox;el==null?Nt<=y&&Tt(
Ht,Ll,!0,x):Nt>y?Tt(null,Ll,!0,x):Ht!=el&&Tt(Ht,Ll,!0,x)}}ct&&(Z.idx=a,no()),s!==!1&&Ie("setCursor")}let Gt=null;Object.defineProperty(l,"rect",{get(){return Gt==
null&&ql(!1),Gt}});function ql(o=!1){o?Gt=null:(Gt=E.getBoundingClientRect(),Ie("syncRect",Gt))}function gr(o,s,i,a,f,h,w){R._lock||Ft&&o!=null&&o.movementX==0&&
o.movementY==0||(oo(o,s,i,a,f,h,w,!1,o!=null),o!=null?tl(null,!0,!0):tl(s,!0,!1))}function oo(o,s,i,a,f,h,w,x,y){if(Gt==null&&ql(!1),Qt(o),o!=null)i=o.clientX-Gt.
left,a=o.clientY-Gt.top;else{if(i<0||a<0){he=-10,ye=-10;return}let[M,T]=Te.scales,D=s.cursor.sync,[W,re]=D.values,[ne,Q]=D.scales,[G,I]=Te.match,be=s.axes[0].side%
2==1,_e=k.ori==0?Y:P,Oe=k.ori==1?Y:P,ue=be?h:f,ke=be?f:h,tt=be?a:i,Ue=be?i:a;if(ne!=null?i=G(M,ne)?d(W,_[M],_e,0):-10:i=_e*(tt/ue),Q!=null?a=I(T,Q)?d(re,_[T],Oe,
0):-10:a=Oe*(Ue/ke),k.ori==1){let ft=i;i=a,a=ft}}y&&(s==null||s.cursor.event.type==bo)&&((i<=1||i>=Y-1)&&(i=sl(i,Y)),(a<=1||a>=P-1)&&(a=sl(a,P))),x?(ur=i,fr=a,[
Tl,El]=R.move(l,i,a)):(he=i,ye=a)}let ro={width:0,height:0,left:0,top:0};function so(){gn(ro,!1)}let br,wr,Sr,xr;function yr(o,s,i,a,f,h,w){Ft=!0,$e=Re=He._x=He.
_y=!1,oo(o,s,i,a,f,h,w,!0,!1),o!=null&&(Be(wo,_o,vr,!1),Kl(Jr,l,Tl,El,Y,P,null));let{left:x,top:y,width:M,height:T}=ge;br=x,wr=y,Sr=M,xr=T}function vr(o,s,i,a,f,h,w){
Ft=He._x=He._y=!1,oo(o,s,i,a,f,h,w,!1,!0);let{left:x,top:y,width:M,height:T}=ge,D=M>0||T>0,W=br!=x||wr!=y||Sr!=M||xr!=T;if(D&&W&&gn(ge),He.setScale&&D&&W){let re=x,
ne=M,Q=y,G=T;if(k.ori==1&&(re=y,ne=T,Q=x,G=M),$e&&Vt(C,Et(re,C),Et(re+ne,C)),Re)for(let I in _){let be=_[I];I!=C&&be.from==null&&be.min!=fe&&Vt(I,Et(Q+G,I),Et(Q,
I))}so()}else R.lock&&(R._lock=!R._lock,tl(s,!0,o!=null));o!=null&&(ml(wo,_o),Kl(wo,l,he,ye,Y,P,null))}function la(o,s,i,a,f,h,w){if(R._lock)return;Qt(o);let x=Ft;
if(Ft){let y=!0,M=!0,T=10,D,W;k.ori==0?(D=$e,W=Re):(D=Re,W=$e),D&&W&&(y=he<=T||he>=Y-T,M=ye<=T||ye>=P-T),D&&y&&(he=he<Tl?0:Y),W&&M&&(ye=ye<El?0:P),tl(null,!0,!0),
Ft=!1}he=-10,ye=-10,ce.fill(null),tl(null,!0,!0),x&&(Ft=x)}function _r(o,s,i,a,f,h,w){R._lock||(Qt(o),Gn(),so(),o!=null&&Kl(Zr,l,he,ye,Y,P,null))}function kr(){
N.forEach(vu),Hn(l.width,l.height,!0)}cl(Tn,$l,kr);let Pl={};Pl.mousedown=yr,Pl.mousemove=gr,Pl.mouseup=vr,Pl.dblclick=_r,Pl.setSeries=(o,s,i,a)=>{let f=Te.match[2];
i=f(l,s,i),i!=-1&&Tt(i,a,!0,!1)},We&&(Be(Jr,E,yr),Be(bo,E,gr),Be(qr,E,o=>{Qt(o),ql(!1)}),Be(Kr,E,la),Be(Zr,E,_r),Do.add(l),l.syncRect=ql);let bn=l.hooks=e.hooks||
{};function Ie(o,s,i){Xn?Ul.push([o,s,i]):o in bn&&bn[o].forEach(a=>{a.call(null,l,s,i)})}(e.plugins||[]).forEach(o=>{for(let s in o.hooks)bn[s]=(bn[s]||[]).concat(
o.hooks[s])});let Mr=(o,s,i)=>i,Te=Ee({key:null,setSeries:!1,filters:{pub:as,sub:as},scales:[C,v[1]?v[1].scale:null],match:[cs,cs,Mr],values:[null,null]},R.sync);
Te.match.length==2&&Te.match.push(Mr),R.sync=Te;let Tr=Te.key,io=ri(Tr);function Kl(o,s,i,a,f,h,w){Te.filters.pub(o,s,i,a,f,h,w)&&io.pub(o,s,i,a,f,h,w)}io.sub(l);
function na(o,s,i,a,f,h,w){Te.filters.sub(o,s,i,a,f,h,w)&&Pl[o](null,s,i,a,f,h,w)}l.pub=na;function oa(){io.unsub(l),Do.delete(l),Yt.clear(),To(Tn,$l,kr),m.remove(),
ie?.remove(),Ie("destroy")}l.destroy=oa;function ao(){Ie("init",e,t),lr(t||e.data,!1),F[C]?eo(C,F[C]):Gn(),un=ge.show&&(ge.width>0||ge.height>0),Zt=ct=!0,Hn(e.width,
e.height)}return v.forEach(er),N.forEach(Ri),n?n instanceof HTMLElement?(n.appendChild(m),ao()):n(l,ao):ao(),l}Ge.assign=Ee;Ge.fmtNum=Oo;Ge.rangeNum=En;Ge.rangeLog=
Pn;Ge.rangeAsinh=Ro;Ge.orient=fl;Ge.pxRatio=se;Ge.join=pc;Ge.fmtDate=Vo,Ge.tzDate=kc;Ge.sync=ri;{Ge.addGap=su,Ge.clipGaps=zn;let e=Ge.paths={points:fi};e.linear=
pi,e.stepped=cu,e.bars=uu,e.spline=du}var bi={wide:320,narrow:240},_u=1,ku=3;function yi(){let e=L("button",{type:"button","aria-pressed":"false",class:"toggle"},"Log scale"),t=L("div",{class:"plot",
role:"img"}),n=L("p",{class:"muted plot-note"}),l=L("figure",{class:"chart",id:"chart"},L("figcaption",{},L("span",{},"Loss by epoch"),e),t,n),r={node:l,place:t,
waiting:n,plot:null,drawn:null,logarithmic:!1,job:null,curve:null};return e.addEventListener("click",()=>{r.logarithmic=!r.logarithmic,Me(e,"aria-pressed",String(
r.logarithmic)),Yo(r)}),new ResizeObserver(()=>r.plot?.setSize(vi(t))).observe(t),matchMedia("(prefers-color-scheme: dark)").addEventListener("change",()=>Mu(r)),
{node:l,update:(c,d)=>{r.job=c,r.curve=d,Yo(r)}}}function wi({job:e,curve:t,logarithmic:n}){return[e.id,e.created_at,e.epochs,jt(e),t.lastEpoch,n].join()}function Yo(e){
if(!e.job||!e.curve||wi(e)===e.drawn)return;let t=Dr(e.curve.points,e.logarithmic),n=[e.job.id,e.logarithmic,t[2].some(r=>r!==null)].join();e.plot&&n===e.shape?
e.plot.setData(t):Tu(e,t,n),e.drawn=wi(e);let l=zr(e.curve.points,Pt,jt(e.job));Me(e.place,"aria-label",l),me(e.waiting,e.curve.points.length>0?"":l)}function Mu(e){
e.shape=null,e.drawn=null,Yo(e)}function Tu(e,t,n){e.plot?.destroy(),e.shape=n,e.plot=new Ge(Eu(e,t),t,e.place)}var Jo=e=>getComputedStyle(document.documentElement).
getPropertyValue(e).trim();function vi(e){let t=Math.max(e.clientWidth,200);return{width:t,height:t<500?bi.narrow:bi.wide}}function Eu(e,t){return{...vi(e.place),
scales:{x:{time:!1,range:()=>Lu(e)},y:e.logarithmic?{distr:ku}:{distr:_u,range:Pu}},axes:[xi({size:34,incrs:Au(),values:(n,l)=>l.map(Fe)}),xi({size:52,values:(n,l)=>l.
map(Du)})],series:[{label:"Epoch",value:(n,l)=>Fe(l??_i(n,0))},Si("Train loss","--train",!0),Si("Validation loss","--validation",t[2].some(n=>n!==null),[6,4])],
cursor:{drag:{x:!0,y:!1},points:{size:7}},legend:{live:!0},hooks:{draw:[n=>Cu(e,n)]}}}function Si(e,t,n,l){let r=(u,c,d)=>Pt(c??_i(u,d));return{label:e,stroke:Jo(
t),width:2,dash:l,show:n,value:r,spanGaps:!1,points:{size:5}}}function _i(e,t){return e.cursor.idx===null||e.cursor.idx===void 0?e.data[t]?.at(-1):null}function xi(e){
let t={stroke:Jo("--line"),width:1};return{stroke:Jo("--muted"),font:"12px system-ui, sans-serif",grid:t,ticks:{...t,size:5},...e}}function Au(){return[0,1,2,3,
4,5,6].flatMap(e=>[1,2,5].map(t=>t*10**e))}function Lu({job:e,curve:t}){return[Math.min(1,t.points[0]?.epoch??1),Cr(t.lastEpoch,e.epochs,!jt(e))]}function Pu(e,t,n){
return t===null||n===null?[0,1]:[Math.min(0,t),n>0?n*1.05:1]}function Du(e){if(e===null)return"";let t=Math.abs(e);return t!==0&&(t<.001||t>=1e5)?e.toExponential(
0):String(Number(e.toPrecision(3)))}function Cu(e,t){let n=l=>t.series[l].show?t.data[l].filter(r=>r!==null).length:0;Me(e.node,"data-job",e.job.id),Me(e.node,"\
data-points",n(1)),Me(e.node,"data-validation-points",n(2))}function In(){let e=L("span",{"aria-hidden":"true"}),t=L("span"),n=L("span",{class:"badge"},e," ",t);return{node:n,update:r=>{me(e,Zl(r).mark),me(t,r.state),Me(
n,"data-state",r.state)}}}function On(){let e=L("div",{class:"bar"}),t=L("div",{class:"progress",role:"progressbar","aria-valuemin":"0","aria-valuemax":"100"},e);
return{node:t,update:l=>{let r=Math.min(100,Math.max(0,(l.progress??0)*100));e.style.width=`${r.toFixed(2)}%`,Me(t,"aria-valuenow",Math.floor(r)),Me(t,"aria-lab\
el",`Progress of job ${l.id}`),Me(t,"aria-valuetext",`epoch ${l.epoch} of ${l.epochs}, ${l.state}`),Me(t,"data-state",l.state)}}}function ki(e,t){let n=L("span",{class:"muted"}),l=L("ul",{class:"jobs"}),r=L("button",{type:"button",onclick:()=>t.turnPage(-1)},"← Newer"),u=L("button",{type:"\
button",onclick:()=>t.turnPage(1)},"Older →"),c=L("nav",{class:"pages","aria-label":"Pages of jobs"},r,u),d=L("p",{class:"muted"},"No jobs yet.");e.append(L("\
div",{class:"title"},L("h2",{id:"jobs-title"},"Jobs"),n),l,d,c);let p=ol(l,m=>m.id,()=>Nu(t));return({jobs:m,info:S,selection:g})=>{p(m.items.map(b=>({...b,chosen:String(
b.id)===String(g.id)}))),me(n,zu(S)),Pe(l,m.items.length===0),Pe(d,!m.loaded||m.items.length>0||m.page>0),Pe(c,m.page===0&&m.next===null),r.disabled=m.page===0,
u.disabled=m.next===null}}function zu(e){return e?[[e.jobs_running,"running"],[e.jobs_queued,"queued"]].filter(([n])=>n>0).map(([n,l])=>`${n} ${l}`).join(", "):
""}function Nu(e){let t=In(),n=On(),l=L("a"),r=L("p",{class:"figures"}),u=qo(e),c=L("li",{class:"job"},L("div",{class:"job-head"},l,t.node),n.node,L("div",{class:"\
job-foot"},r,u.node));return{node:c,update:p=>{t.update(p),n.update(p),u.update(p),me(l,`${p.id} · ${p.model} on ${p.dataset}`),Me(l,"href",`#/jobs/${p.id}`),Me(
l,"aria-current",p.chosen?"true":null),Me(c,"data-job",p.id),me(r,$u(p))}}}function $u(e){if(e.state==="queued")return e.queue_position?`number ${e.queue_position}\
 in the queue`:"waiting";let t=[`epoch ${e.epoch}/${e.epochs}`,`loss ${Pt(e.train_loss)}`];return e.samples_per_second&&t.push(`${yn(e.samples_per_second)} samp\
les/s`),e.state==="running"&&t.push(`${Ql(e.eta_seconds)} left`),t.map(n=>n.replaceAll(" "," ")).join(" · ")}function qo(e){let t=null,n=L("button",{type:"but\
ton",class:"cancel",onclick:()=>e.cancel(t)},"Cancel");return{node:n,update:r=>{t=r.id,Pe(n,!Zl(r).cancellable),Me(n,"aria-label",`Cancel job ${r.id}`)}}}var Ru=[["Epoch",e=>`${Fe(e.epoch)} / ${Fe(e.epochs)}${Iu(e)}`],["Train loss",e=>Pt(e.train_loss)],["Validation loss",e=>Pt(e.validation_loss)],["Validation acc\
uracy",e=>mo(sn(e,"accuracy"))],["Validation R²",e=>Pt(sn(e,"r2"))],["Best",e=>e.best?.epoch?`${Ou(e.best)} at epoch ${e.best.epoch}`:"–"],["Samples/s",e=>yn(
e.samples_per_second)],["Elapsed",e=>Ql(e.elapsed_seconds)],["Gather / forward / backward / update",e=>Ir(e.phase_seconds)],["Time left",e=>jt(e)?"–":Ql(e.eta_seconds)],
["Step",e=>`${Fe(e.step)} / ${Fe(e.steps_total)}`],["Optimizer",e=>[e.optimizer?.type??"–",e.schedule?.type].filter(Boolean).join(", ").replaceAll("_"," ")],[
"Learning rate",e=>e.learning_rate>0?String(Number(e.learning_rate.toPrecision(4))):"–"],["Threads",e=>Fe(e.threads)],["Seed",e=>String(e.seed??"–")],["Crea\
ted",e=>Or(e.created_at)]];function sn(e,t){return e.metrics[`validation_${t}`]}function Iu(e){return e.stopped_early?", stopped early":e.converged?", converged":
""}function Ou({metric:e,value:t}){return e==="validation_accuracy"?mo(t):Pt(t)}function Mi(e,t){let n=L("h2",{id:"detail-title"}),l=In(),r=qo(t),u=On(),c=L("p",
{class:"error",id:"job-error"}),d=L("p",{class:"muted"}),p=L("ul",{class:"warnings"}),m=L("dl",{class:"grid"}),S=yi(),g=L("div",{},u.node,c,p,S.node,m);e.append(
L("div",{class:"title"},n,l.node,r.node),d,g);let b=ol(p,E=>E,Gu),z=ol(m,E=>E.name,Hu);return E=>{let{job:A,curve:V,problem:H,id:v}=E.selection;Pe(e,!A&&!H),Pe(
g,!A);for(let N of[l,r])Pe(N.node,!A);if(me(d,H??""),Pe(d,!H),me(n,A?`Job ${A.id}: ${A.model} on ${A.dataset}`:`Job ${v}`),!!A){for(let N of[l,r,u])N.update(A);
me(c,A.error?Vu(A.error):""),Pe(c,!A.error),b([...new Set(A.warnings??[])]),z(Fu(A)),S.update(A,V)}}}function Fu(e){let t={"Validation R²":sn(e,"accuracy")!=null||
sn(e,"r2")==null,"Validation accuracy":sn(e,"r2")!=null};return Ru.filter(([n])=>!t[n]).map(([n,l])=>({name:n,value:l(e)}))}function Vu({code:e,message:t,field:n,
epoch:l,step:r,layer:u}){let c=[["epoch",l],["step",r],["layer",u],["field",n]].filter(([,p])=>p!=null&&p!=="").map(([p,m])=>`${p} ${m}`).filter(p=>!t.includes(
p)),d=[e,...c].filter(Boolean).join(", ");return d?`${t} (${d})`:t}function Hu(){let e=L("dt"),t=L("dd"),n=l=>{me(e,l.name),me(t,l.value)};return{node:L("div",{},
e,t),update:n}}function Gu(){let e=L("li");return{node:e,update:t=>me(e,t)}}var ju=[["Send data",e=>`curl -T clients/data/digits-train.csv '${e}/v1/datasets/digits?target=digit'`],["Describe a model",e=>`curl ${e}/v1/models -d '{"name":\
 "digits", "loss": "cross_entropy", "seed": 1,
  "layers": [{"units": 128, "activation": "relu"}, {"units": 10, "activation": "softmax"}]}'`],["Train it",e=>`curl ${e}/v1/jobs -d '{"model": "digits", "datase\
t": "digits", "epochs": 20}'`]];function Ti(e){let t=ju.map(([n,l])=>Wu(n,l(location.origin)));return e.append(L("div",{class:"title"},L("h2",{id:"welcome-title"},
"Train a first model")),L("p",{},"Three calls from a shell in the project's folder; this page follows along."),L("ol",{class:"steps"},...t)),({jobs:n})=>Pe(e,!n.
loaded||n.items.length>0||n.page>0)}function Wu(e,t){let n=L("code",{},t),l=L("button",{type:"button",onclick:()=>Bu(n,l)},"Copy");return L("li",{},L("div",{class:"\
step"},L("strong",{},e),l),L("pre",{tabindex:"0",role:"group","aria-label":e},n))}async function Bu(e,t){try{await navigator.clipboard.writeText(e.textContent),
me(t,"Copied")}catch{getSelection().selectAllChildren(e),me(t,"Selected")}setTimeout(()=>me(t,"Copy"),2e3)}var Ut=e=>document.getElementById(e),Zo=Nr(),Fn=new xn(Ar,Zo),Ei={turnPage:e=>Fn.turnPage(e),cancel:e=>Fn.cancel(e)},Uu=[Wr(Ut("header"),Ut("banner")),Ti(Ut("we\
lcome")),ki(Ut("jobs"),Ei),Mi(Ut("detail"),Ei),Hr(Ut("models")),Gr(Ut("datasets"))],Ko=!1;function Ai(){Ko||(Ko=!0,requestAnimationFrame(()=>{Ko=!1;for(let e of Uu)
e(Zo.get())}))}document.querySelector(".skip").addEventListener("click",e=>{e.preventDefault(),Ut("main").focus()});Zo.subscribe(Ai);addEventListener("hashchang\
e",()=>Fn.select(po(location.hash)));Ai();Fn.select(po(location.hash));
