"""Fast twin of processes/cobalt/cathode.toml: the same equations in eight states per experiment, for fitting; equilibria by equilibrium.py.

States: share of oxide left, MO2 left per metal (Ni, Mn, Co), peroxide, organic acid, chloride (mol/L), share of MOOH left. The program is the judge:
`lixivia validate` runs every held-out prediction, and README.md says how far the twin is off.
"""
import os

import numba as nb
import numpy as np

from data import HERE, METALS
from equilibrium import WIDTH, solve, tables
from parameters import ACIDS, CHARGES, INDEX, PKA, REDUCING, SITES, WORKS

GAS = 8.314e-3  # kJ/(mol K)

@nb.njit(cache=True,error_model="numpy")
def rhs(x,k,c,d,tab,y,most,W):
    # tab, y, W: constants, warm start and scratch of the equilibrium, solved in `most` steps at most
    # k: rates at T ; c: constants of the case
    cM=c[0];N=c[1];S=c[2]+x[6];isox=c[9];asc=c[10];sa=c[11];sb=c[12];sc=c[13];Ka=c[3];q=c[4];yN=c[5];yM=c[6];yC=c[7];orgf=c[8]
    Clt=max(x[6],0.)
    u=max(x[0],0.);P=max(x[4],0.);Rr=max(x[5],0.)
    sN=max(x[1],0.);sM=max(x[2],0.);sC=max(x[3],0.)
    v=max(x[7],0.);uv=q*(u+v);mN=1-uv-sN;mM=1-uv-sM;mC=1-uv-sC
    z=cM*(q*(1-u)+2*(yN*mN+yM*mM+yC*mC))
    Nn=N
    if asc>0: Nn=N*max(Rr,0.)/orgf
    left=Nn+S-z
    # free acid by the equilibrium of everything dissolved; oxalates are out of it
    dN=cM*yN*max(mN,0.);dM=cM*yM*max(mM,0.);dC=cM*yC*max(mC,0.)
    L=c[15]
    if asc>0: L=max(Rr,0.)
    if c[16]>0: L=Clt
    if isox>0:
        over=max(dN-sa,0.)+max(dM-sb,0.)+max(dC-sc,0.)
        L=max(L-over,1e-6);dN=min(dN,sa);dM=min(dM,sb);dC=min(dC,sc)
    w=c[14]+.5*.018015*max(z,0.)
    m=W[5];m[0]=max(cM*q*(1-u),0.)/w;m[1]=dN/w;m[2]=dM/w;m[3]=dC/w
    A=max(left,1e-9)
    h=solve(tab,A/w,max(L,1e-9)/w,m,y,most,W[0],W[1],W[2],W[3],W[4])*w
    if h<1e-9:h=1e-9
    av=left/(left+.01) if left>0 else 0.
    fh=h*10.**(k[26]*h)+k[27]*(max(left,0.)-h if left>h else 0.)
    fw=h*10.**(k[26]*h)
    hn=fh**k[1]
    r1=k[0]*hn*u**k[2]*av
    hp=fh**k[7]
    pp=P/(P+1e-4)*max(P,1e-9)**k[6]*hp*av
    ch=(max(Clt,1e-9)*fw)**k[12]*av if Clt>0 else 0.
    oo=Rr**k[23]*av if orgf>0 else 0.
    hw=fw**k[17]*av
    gP=k[8]*pp*(yN*k[3]+yM*k[4]+yC*k[5])
    gC=k[13]*ch*(yN*k[9]+yM*k[10]+yC*k[11])
    gO=asc*k[24]*oo*k[22]
    rE=k[28]*fh**k[29]*u**k[30]*av
    d[0]=-(r1+rE+(gP+gC+gO)*u)
    d[7]=rE-(gP+gC+gO)*v
    dP=gP*(u+v)
    dC=gC*(u+v)
    dO=gO*(u+v)
    m2=k[25]
    tN=sN*(sN+.01)**(m2-1);tM=sM*(sM+.01)**(m2-1);tC=sC*(sC+.01)**(m2-1)
    cMn=dM/(1+W[2][2])
    lig=1/(1+orgf/.1)
    X=k[18]*cMn*lig
    exN=X*tN;exC=X*tC
    aM=k[19]*cMn*sM*fw**k[20]*lig
    pN=k[3]*pp*tN;pM=k[4]*pp*tM;pC=k[5]*pp*tC
    oN=k[22]*oo*tN;oM=k[22]*oo*tM;oC=k[22]*oo*tC
    d[1]=q*.5*r1-pN-oN-k[9]*ch*tN-k[14]*hw*tN-exN
    d[3]=q*.5*r1-pC-oC-k[11]*ch*tC-k[16]*hw*tC-exC
    d[2]=q*.5*r1-pM-oM-k[10]*ch*tM-k[15]*hw*tM+aM
    if yM>0: d[2]+=(yN*exN+yC*exC)/yM
    d[4]=-cM*(.5*q*dP+yN*pN+yM*pM+yC*pC)-k[21]*P
    d[5]=-asc*cM*(.5*q*dO+yN*oN+yM*oM+yC*oC)
    d[6]=-cM*(q*dC+2*ch*(yN*k[9]*tN+yM*k[10]*tM+yC*k[11]*tC)) if Clt>0 else 0.
@nb.njit(cache=True,error_model="numpy")
def integrate(x,k,c,times,out,tab,W):
    y=np.array([np.log(max(c[1]+c[2]+x[6],1e-6)*.3),np.log(max(c[15]+x[6],1e-6)*.1),.3]);yp=y.copy()
    n=8;g=1-1/np.sqrt(2.)
    J=np.zeros((n,n));f0=np.zeros(n);f1=np.zeros(n);xp=np.zeros(n);M=np.zeros((n,n));k1=np.zeros(n);k2=np.zeros(n)
    t=0.
    tt=min(.002,times[0]/20)
    it=0
    nt=len(times)
    while it<nt:
        h=max(tt,t*.18)
        hit=False
        if t+h*1.0001>=times[it]:
            h=times[it]-t;hit=True
        if h>0:
            rhs(x,k,c,f0,tab,y,60,W)
            for j in range(n):
                dx=1e-7+1e-7*abs(x[j])
                for i in range(n): xp[i]=x[i]
                xp[j]+=dx
                yp[:]=y
                rhs(xp,k,c,f1,tab,yp,3,W)
                for i in range(n): J[i,j]=(f1[i]-f0[i])/dx
            for i in range(n):
                for j in range(n): M[i,j]=-h*g*J[i,j]
                M[i,i]+=1
            # LU w/o pivot
            for a in range(n):
                for i in range(a+1,n):
                    M[i,a]/=M[a,a]
                    for j in range(a+1,n): M[i,j]-=M[i,a]*M[a,j]
            for i in range(n): k1[i]=f0[i]
            for i in range(n):
                for j in range(i): k1[i]-=M[i,j]*k1[j]
            for i in range(n-1,-1,-1):
                for j in range(i+1,n): k1[i]-=M[i,j]*k1[j]
                k1[i]/=M[i,i]
            for i in range(n): xp[i]=x[i]+h*k1[i]
            rhs(xp,k,c,f1,tab,y,60,W)
            for i in range(n): k2[i]=f1[i]-2*k1[i]
            for i in range(n):
                for j in range(i): k2[i]-=M[i,j]*k2[j]
            for i in range(n-1,-1,-1):
                for j in range(i+1,n): k2[i]-=M[i,j]*k2[j]
                k2[i]/=M[i,i]
            for i in range(n):
                x[i]+=h*(1.5*k1[i]+.5*k2[i])
                if x[i]<0:x[i]=0.
            if x[0]>1:x[0]=1.
            t+=h
        if hit:
            for i in range(n): out[it,i]=x[i]
            it+=1
@nb.njit(cache=True,error_model="numpy")
def runall(K,Cc,X0,times,start,out,tab):
    W=(np.zeros(WIDTH),np.zeros(WIDTH),np.zeros(4),np.zeros(4),np.zeros(4),np.zeros(4))
    for e in range(len(start)-1):
        integrate(X0[e].copy(),K[e],Cc[e],times[start[e]:start[e+1]],out[start[e]:start[e+1]],tab[e],W)


class Twin:
    """Predictions of a [`Series`] by parameters; fractions, `[row, element]`."""

    def __init__(self, series):
        s = self.s = series
        self.acid = np.array([ACIDS.index(a) for a in s.acid])
        self.work = np.array([WORKS.index(w) for w in s.work])
        charge = [f"{w}:{p}" for w, p in zip(s.work, s.pair)]
        self.charge = np.array([CHARGES.index(c) if c in CHARGES else -1 for c in charge])
        self.reducing = np.array([REDUCING.index(a) if a in REDUCING else -1 for a in s.acid])
        self.organic = np.array([a not in ("HCl", "HNO3", "H2SO4") for a in s.acid])
        self.sites = np.array([SITES.get(a, 0) for a in s.acid]) * s.molar
        self.strong = np.where(self.organic | (s.acid == "HCl"), 0.0, s.molar)
        self.chloride = np.where(s.acid == "HCl", s.molar, 0.0)
        self.pka = np.array([PKA.get(a, 0.0) for a in s.acid])
        self.tables = tables(s.acid, s.celsius, os.path.dirname(os.path.dirname(HERE)))
        self.trivalent = np.where(s.spinel, 0.5, 1.0)
        key = [f"{a}{b}" for a, b in zip(s.series, s.work)]
        self.runs = [sorted(np.flatnonzero(np.array(key) == k), key=lambda i: s.minutes[i]) for k in dict.fromkeys(key)]
        self.run_of = np.empty(len(s), int)
        for r, rows in enumerate(self.runs):
            self.run_of[rows] = r
        self.first = np.array([rows[0] for rows in self.runs])

    def _rates(self, theta, f):
        g = lambda name: theta[INDEX[name]]
        block = lambda prefix, names: np.array([theta[INDEX[prefix + n]] for n in names])
        per_kelvin = (1 / (self.s.celsius[f] + 273.15) - 1 / 333.15) / GAS
        arrhenius = lambda name: np.exp(-max(g(name), 0.0) * per_kelvin)
        surface, reduction, manganese = (np.exp(block(kind, WORKS)[self.work[f]] + np.where(self.charge[f] >= 0, block(kind, CHARGES)[self.charge[f]], 0.0)) for kind in ("w_", "v_", "x_"))
        nickel, _, cobalt = self.s.shares[f].T - 1 / 3
        reduction = reduction * np.exp(g("sNi") * nickel + g("sCo") * cobalt)
        k = np.zeros((len(f), 31))
        k[:, 0] = np.exp(g("lk1") + g("cNi") * nickel + g("cCo") * cobalt + block("b_", ACIDS)[self.acid[f]]) * arrhenius("E1") * surface
        k[:, 1], k[:, 2] = g("n1"), max(g("m1"), 0.3)
        for j, metal in enumerate(METALS):
            k[:, 3 + j] = np.exp(g("lkP" + metal)) * arrhenius("EP") * surface
            k[:, 9 + j] = np.exp(g("lkC")) * arrhenius("EC") * reduction
            k[:, 14 + j] = np.exp(g("lkW" + metal)) * arrhenius("EW") * reduction
        k[:, 6], k[:, 7], k[:, 8] = max(g("aP"), 0.05), g("pP"), np.exp(g("lrP"))
        k[:, 12], k[:, 13], k[:, 17] = g("bC"), np.exp(g("lrC")), g("pW")
        k[:, 18] = np.exp(g("lkX")) * arrhenius("EX") * manganese
        k[:, 19], k[:, 20] = np.exp(g("lkA")) * arrhenius("EA") * manganese, g("qA")
        k[:, 21] = np.exp(g("lkd")) * arrhenius("Ed")
        power = np.where(self.reducing[f] >= 0, block("kO_", REDUCING)[self.reducing[f]], -50.0)
        k[:, 22] = np.exp(power) * arrhenius("EO") * reduction
        k[:, 23], k[:, 24], k[:, 25], k[:, 26] = max(g("aO"), 0.05), np.exp(g("lrO")), max(g("m2"), 0.5), g("gH")
        k[:, 27] = np.exp(g("lphi")) * (np.where(self.sites[f] > 0, self._ka(theta, f), 1e-9) / 1e-4) ** g("beta")
        k[:, 28] = np.exp(g("lkE")) * arrhenius("EE") * surface
        k[:, 29], k[:, 30] = max(g("nE"), 0.0), max(g("mE"), 0.3)
        return k

    def _ka(self, theta, f):
        return 10.0 ** -self.pka[f]

    def _constants(self, theta, f):
        ascorbic, oxalic = (self.s.acid[f] == a for a in ("ascorbic", "oxalic"))
        organic = np.where(self.organic[f], self.s.molar[f], 0.0)
        saturation = [np.full(len(f), np.exp(theta[INDEX["sat" + metal]])) for metal in METALS]
        columns = [self.s.metal[f], self.sites[f], self.strong[f], self._ka(theta, f), self.trivalent[f], *self.s.shares[f].T, organic]
        return np.stack([*columns, oxalic * 1.0, ascorbic * 1.0, *saturation, self.s.water[f], self.s.molar[f], (self.s.acid[f] == "HCl") * 1.0], 1)

    def predict(self, theta, runs=None):
        """NaN in rows whose run is not among `runs` (all if not given)."""
        s, chosen = self.s, self.runs if runs is None else [self.runs[r] for r in runs]
        rows = np.concatenate(chosen).astype(int)
        f = np.array([own[0] for own in chosen])
        start = np.concatenate([[0], np.cumsum([len(own) for own in chosen])])
        x = np.zeros((len(f), 8))
        x[:, 0], x[:, 1:4], x[:, 4], x[:, 6] = 1, (1 - self.trivalent[f])[:, None], s.h2o2[f], self.chloride[f]
        x[:, 5] = np.where(self.organic[f], s.molar[f], 0.0)
        states = np.zeros((len(rows), 8))
        runall(self._rates(theta, f), self._constants(theta, f), x, s.minutes[rows], start, states, self.tables[f])
        out = np.full((len(s), 4), np.nan)
        out[rows, 0] = 1 - states[:, 0]
        for j in range(3):
            out[rows, 1 + j] = np.clip(1 - self.trivalent[rows] * (states[:, 0] + states[:, 7]) - states[:, 1 + j], 0, 1)
        oxalic = rows[s.acid[rows] == "oxalic"]
        for j, metal in enumerate(METALS):
            fed = np.maximum(s.metal[oxalic] * s.shares[oxalic, j], 1e-9)
            out[oxalic, 1 + j] = np.minimum(out[oxalic, 1 + j], np.exp(theta[INDEX["sat" + metal]]) / fed)
        return out
