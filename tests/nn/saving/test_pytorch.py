"""Files of PyTorch's: read as they are, written so that PyTorch reads them, and never run.

The kind: a pickle that calls something, a Tensor that looks past its numbers, sizes that claim the machine's memory,
numbers that come back otherwise than they went.
"""

import base64
import io
import os
import pickle
import struct
import tarfile
import tracemalloc
import zipfile
import zlib
from collections import OrderedDict

import numpy as np
import pytest

import autograd
import nn
from autograd.errors import CheckpointError
from nn.saving.known import read_pickle
from nn.saving.pytorch_writing import Writer
from tests.conformance.programs import dcgan, gpt, resnet

# `torch.save` of PyTorch 2.13 wrote these, of what `test_files_of_pytorch_are_read` expects; compressed, in base 85.
NEW = (
    'c-pO3+jA3D7(Yqcv<=YGaw(u9ief4dnxwguTWY|7E<(EnjnNvm$+lU^rQhbHT(nZfl#4fDeDKNfK}W|KU-ivl^e^DS8D{iBhZ!Bm2VZ@w=dw-'
    'roKPZ(JCn`r{4U>jzWu)4QN`7UP-iEqJJzB;q?wtVF{|&%YFP8loXIER-6$m-^UgUy-'
    'efxg6iQh=4~|Txl+WuKY?O*+&j~ZDn|k)Jk-;8t4yfSrCf#K1S>2e<VQ9<X5|QwwE7-`FJ!w;)tQh%h8tcV!$xP1%Jkaj-COZhCOjc^sI=DH+l'
    'gO7eJkEdgKu6L+)(k>t(na1gGZpAkoESV~3Q`=3a{*Q<PQ|eRtFPv$i!~U!Rp?2Q(9xu!m0@j;=;Yiv&f|yPT$kd&(8usqSVvFmId%hvjVkn4='
    '3rB@i!4qTbga<?!DjaVmL$y{JTwOnGvl+mSthxFM-'
    ')f7T%Kf_*wC}Ebpjss3c3N<Ms(d69;3QW#kByBD=zALJJ)^!!;>oP$nDTs7IDQa5~8P;NOBh3OW`gW_5g{VusqG-'
    'J2C81VK=idqnQ|dGIGzD(xy18Fh~RTb5sCBP=%o+tr7j)j8@DN&5&R`2w|SE2ve>?R6$i3=J>rB_NlNx>7>b?f&(0BZDXA6qd#2R$%Bk=2x2+5'
    'gCi^xRd|LPigUt47!IrOEDIy2<)<JaP#z^e)##2ex)2=Y{+_co^m%$xINdP}FQ{;w)i5?II0q+0i=|S&#y86N!Z60|sg}KQ%6F3Uox<><3NNur'
    'toXx_Y*6Gu54^lA=d%jkbE=5X&*<5ja*8QO;1#a?sujruJ-x=2)0X3kQ6wq#z-'
    'bJc3X?4JMieqaSch_&StHLf@+jy$O;Z;6G(F`wxq;zz70$4%7fVGQ@<Is=LxErsh9boxT6HB}yE7aQ7)%w)tZ<8!!lZ5j77QIL6{l;4D$KNh5N'
    '5ffvxIeEfHR%La9)KAOm+s|SRuWnz%_Dd>ZS+YtT|<*ewgDqe9PLsi!{u6PX0EAcT~7^g?)MVGE`MqU@@C|8N+3-;<)B!{c-'
    'WgNE`2z>@vstIlS%1&*94PD-'
    '&>)ESrOCI)?WcwrpI`;e9L4aq`6jAMn2PVHG}7;W{h6EZuOpVJ(}Y7e<hDz?&7{sM66nellZDk!AEXx?<PvM;mHg+c#A*3mQ&a9Vij+m6|s>{F'
    'M5;zkj(zlSyAIQ*S|$WooNR(^}q`E*A76PQ-'
    ')t?2V7`5H%1x3xCqBao*QJFN)O+OrFPji4K=Ud|xxVOGn<oIImL=)dP1o)17tS*F!ftC``pYgNgXw77QRXA0xCQ)WPf*F&~xeY~WzO=)j+dM^W'
    '?oBTW11?cctnmD<)odqmU@B;xy9Nq>s-@*Gev<TH7F#ys_3|Kr9c^2eqIo_2|zf{C~n{dfIenbzsT?_EvAKh$dcw_@lP)$bTf-EBfY)N=l#R9*'
    'Y}XQT1;*Nx($dN>h3*phlG<v>*b`|Up@o6wK6uD`fQ^+`8hY(hW!Kj?FLv?%spbWiz1qWo|o9&1rPwQ{sQXr0t&NUQ6S^<36!8pgFd-'
    '~83MfAye!5-(|B5!6!uoR3lc>tpVp9!$SB8JpG*dZ_a4Pp3~cuAi+auslFn=w;nB$OOHh(Wj-fkxj&X4`{?691IVKB7tZi7>z{yk!Um!@du*8;'
    'XpX#5BUelDKIn~4pWys%KT0*@!@4I9n@^ir~U3?ZJl%ZIZ#I1Zy@>w<hSi;rTY<?#C{X7MI8KYbe}s9na4iJdj+1GHlErIgbcS&;cfxGu>(o7U'
    '&h*}sEGYU#`<NfecFlG^_>znAY<**OT>O9V}ml*K6xbFE(tp%W9@T8#C|MeLo(Lh^F?f*N5Y0>ti4~0*qbsoQjcA3wvz5D2^(F)-'
    'n$*!j~g;}Sk|?7#~zVtwOku@g=KGTA~;zGuB$A2cM`#OY~U5HN_*4TDuC5Bs6jg$Row1fOU=)<dpXh4yKX&5{j+9in7HX96`HUX@VVIT=9oUVp'
    '0E8E56Dd4'
)  # fmt: skip
OLD = (
    'c-noGX?NR16ow_)aT1l5vQyTu6^A8wkIk0Qmb9R5QCP$hjABnB6-DwZjnlMX2#eFSzkv^Y-'
    '~&IS=kQ1P%1_`N&M9|h6oZ3Oo#XLnH1phd?!0q%j9X^#_s>gz&0P8I@`<?}<HDagY6sAY&T&oCdU3>~P877aSe*D#2%RQ4N9jx8a~`lZ3%kA>!'
    'q{_68syh{teyDRS%TaE`JyvHgNYZ#921t|<mk;0ISN+Z$qPmlZeY^N_xt-X#r(~v%L3>f3LCHvr>Kc}DekhEb<g-6Zo-(gkt;d{ntPS`8y-'
    'i#!=t$4&9(d74-&H-v$eh-blaSTNffuYDkdh1MQ2i|p_%RmLqRPumx9RUD{9chq;rhsv}%=dtI?RRHS3jT2~$#dr`N}{WnAPimo3fGEn^o)EW^'
    '@wanDUpXgbPq%*MTPYiqun;J8Ooy@EGRt+q<_MhW+M)0R%O`z39N2SoFrB0a?Mu#HFh13c<X)6(`P<8IgGE>6hrk2y4`;qd{Ukek{+ohL0lNs='
    '|GfcvbAr&jTF@&793>$Os;T&Y$tLn;cS;u)dBuyVV2*2;-'
    'JJ*SjB&+&qdlio=t^UeElNZ1$ehAgJYS%J)nG`&RGBJ#@$`3lFYHs++ro=etv?QXPEN-Hm0dCM50BGOb<q#8%vM#Gt+Wo*0WhF#J&e@N2HjdBC'
    'cH0dp=ZHU(`ZHPA%?M;riY`pCl;`r9Fpg5^bPD!7X8zZMIj*G3-=}_^GryO!hW^;(sLhKoZf0tv)##y;-'
    '&kfdbZY;n#8XCdhI{=@r*DH8G)o!JRIWL+E3Qoh9Y+RQ2hsS;HVR>AB6a^!?eSltTl`B|DrGJo0|4`6BQuL2G92=j=%=k@wI)*;&x$y}7*#UHO'
    'zFEWPsqocQ_!pvSEA*Eft_|hbFbWwu*=DGgo0Q)!ku)MPLDGb$)|Fc~6pc!OZ{v!zYS`agV==xO6MLR2&PZ%<AVj51*K#uz8&ZhbS%r-'
    '_dN$zb!m)@CDK_L~m+mQxO(chGqSm4aJk4}J&GeQ?$5j<+o8y{|>wEI$>l^sS#z5vKW(mi)MN7XW_NHlf&MxL<N0SABvu!@}`>*)!;@&EDXxae'
    'ZGmanRT2YYkW14{#dNJ{ns$at)c5U2{w&{xEjlFc*y0Ckd>gG*Rn^#3`&ZuE})*UmlYG^L&Zs)U%IFWU+3RxFoGRtgJS-'
    'zRhI%zZOaE`D!UE6;a7ys@5v1p9?I}74tLHqBc#>5)x)9;tjd|lh`-CodckBH6v-W_c;Q9Zfze>~vM!asl8=;{'
)  # fmt: skip

MORE = {
    "old, protocol 4": (
    'c-m!B&ubGw6wdxgQ<7Aq2cf5m2(FjV#26b8T8#AIVAOi?BFkoX%&bm!mf6{s2tqEYjm#~tH~#?tEU*3vf>7UVwzM?E@@D7p-uJ!ty*G0&wkoUh'
    'qt5^RJo<b8^RKr%t(kk_mj2g&9P|88KEHvd@1{~H5en{~P?^Od0SwYxJXVTRpC(ZpByg_lYMN3%i@(wgOj<Q#LMkA(cH#tYSG!y!WBkc;L$PaL'
    'Q&cA+qP$46PC+-7kRfaNxr%uPdfS(Dl*c^s6-_cB{gVzX!Si%2!@yunL05|m%sk>EQ146k67-#ZxA&y~^jW{t-fOozpq((yv4)|7ccemWVxIxA'
    'j9usk_Q+|dutj8Typa)=G<q3_3XvWkgMwpZ3dTX40Ne09R%7)w0@l0*ZW9Z^*>(w#8yPahznA2bblUPmA!%!pa}@_t22;=*Ss3s@n(C`X4Bn9u'
    '*Ldtt`>;6wjzAu9wDlZ@!{Mt-JcS_@1*5^{O4#2AaAqoYztB_x+tp3fF~r`K%!`)T16@m^73&g6Wex*t1S@QdICEeRk*|Br$Gmm6#h|&On;oDz'
    '#2!c5kvQj4p-tU*F;#SJB;9_e*YEZA_Kjlpm11)o#{8yQW>X%O%lHx3<970z{<Kx@RmHlzTI!nx;&=ETrBeoH'
),
    "old, protocol 2": (
    'c-nPR+iuf95Vf78r3-~}r(DZD<r11SO&ch*Ak+se0+<)SAj`3r+Thwb>vd6(D)l94!#D82Bi{jE!zUmim9d=`B+AH|_0G=a%$(WOKC$4}=arvR'
    '@4mjAtZZt}e-ub>Kq;FOilTHxBqJvZtaUD8KMJ9egE>wwfiGpiEgrhQ9YWhS85w1_!>!o=$YT^XP%N7zGR9scBuctw7U<@O5+i!iET%c4a22C^'
    'F-dl7rv7V@%LAwz(8{Jt_YWvIG7^qgu@dPAF|!13Cw|~sl8135to0hBT4i%IEk>U9Dn}^~VJkso%h$P)VZ=O4KFxY#wmCQ7tW{^K)fz@KTuvv!'
    '0lnCg7<;8Fx~6M=FkMZLg9C>~5O7D*1Y-6=xLk1esqaXJL(>MvB@P=nl7Y8ZZ9l|>M|ixFw{N|pUS8+eUY+A~sC}Fmcxk$m5~mEDPKG0jW1Mlq'
    'WUbS!SWYB(Wi1J$Zwp~}S?t(>Ef^+q2j->(Fq}0t3VpkPbA#<IoHuZxtQWFbF5+UV)q1u=k||x0xYTwivCEy9@i6^im@>zdUHSfH375^06pJnW'
    'u!<{vTs3g5kLw0*WFX)3j>OIXfh4*dnwu0!I<WE(YUt*#nAVjZZh2D~zBX=ql>d%_yIZIjxK}0$3O&qt!=CD>rajdR%u-L@zunZ^1IjhN2mjmV'
    '66s~krFk0$<|P)|8RLSMubC4yT$U$Y$@g~U{vYn@&03?`Xv{3&0dc1hcZ(T!Jv`La9v<bqElDgJc%1I?n{=1=30L>q2aQ*>Ay{>%sQfKCcKVio'
    '19-p+^Z'
),
    "attributes": (
    'c-o~_%Wl&^6rDWkqz3w;w6s9W8}mx@YMSyYiYl}4f)YTA*jTPJiCvsH*PgU0QUwx<RCWkhutH+Tf<0{b2o~&+SRf&>;uB!TZc^JNji4jhlZ@xw'
    'bME!IlPpP*C_?c#+A)UE2vRIn(^v6KSs_ZI@z4+p1L%QoJPB_A5=tQoXh29MCPgIVCeaO>mo2>9)Qz&-P%Nc}3AW@looKR66oPpO3thGoT(?b2'
    'UQP255rk5V#<uBBrHUcyLU_?I6>`^I<e|^uPXbqp&{=IXAtr?h#P3K*3b&wN3blZLrmCi4V3p`*-R5swWo+T{qOKAi_MI=negX%IFtDkyFM}H}'
    '<isLM6^2W+La3(KF^t#*4i;h5;UjRUoq(%&JA;a4)?~8Yz)lilf)?4*eb3zp<AR_?HCJ~E4r?(fL|}sHrBWx^?Z`7n$x#BwHegB{mO_+!x(LTh'
    '9K|d*D-~?P35~_pywTEd(v5a%E81yxJL5(>OW@oF(3<k>ePPSiZ7Q9>`Aug<)@^w!@`cSNfr~}B<j|>RvrcTd>?>gzSCpnf%1#Lrsw}hIiC&jw'
    '-Z1M`9%fpQEJDhWr9hfyQ0k)}4N7W5MhigbDi7Hf%oZWnOe{&Uc<56CN@0Z9wba$8<LFe!r-_Pb)f6JHveeAFSeOpjb;n3Cq7T2mK4l`=)tzV('
    '&21BH8B$gZy;`r)8j6KXFRs6hT$Tw~Sc9K5Nfh2yz%W|q2v}Yx*km3S3s?V#w>=D<5Cby}t?S<>*t_O-)i8i=_)dkHq*%DJ2LT8@Szs4a@ca(<'
    'g;B<PD7fZVkP-`d^#A;fD;7WcZSe$a^Jow5n||)JSh%*A@;_+jzOwT6eQ*9jj{`a$-_!fg@QnTQo9g}E{+mMS?FMktx3Q(u4tS)n6G7I?Vj=O5'
    'Vv_mnd^VrYXXoZ~v&n3JE;E}<=9B4EIyIZmrRM3AY&JKaVJaVA`0-MpIs`{$h>7j!^qv(%JCp~1$AW0@0Wj`Ez6+ynr%N!1w}~hHjT=F`oE*V8'
    '-bNhu#d+b0(>VZwaBmk4_~2tv6zJU`*4qVs?CT&l6~uZS?8lDw1+eKL*6Y7PANG|8+okSaTTJ=DBOK~s*d>YMF176)x!gha2j*L0cmBw^GsUsL'
    'CFpnCe$HAS=VJPu{qEjBo4YER'
),
    "negative": (
    'c-o~@J#W)M7(UyHV+<r|mx>N$4H6`FoUei)$U<H`kOqMw7R$A-!PJd=_9Y0Uib$vu`~o(_A7El&?Z${;Lt;Q;Vq!vKVBpTCuI(sk3n$y>kN0`r'
    '=iYl>_jE1?fFOXGQ3lJv^sNWZ1lDX5o7LTIS5u4NerinFJp=|Ei66lsVl3<tNYxl)#|=cohnr)^wG9kMf#(~Ox`^0HWl$jD0f{t+5OEPi)LhTR'
    'ccPaf$_*G2BcXgqZS9T`ujeo-Z0L;6?jwO-&b+WJ&vl`N9d8tfw|yJ>(7xqZSVZEbK03RH&c({kKMyb}_E9OQ_Vj}A`{&a)Z^<Wm_U4vg1qg8o'
    's#~7FV`5_h{ea}t)Ld8znX<k6@#PuS%PeGD1??lYzsomF*BOp>;0SA~k}2(pMyo*ubRVJbEJ?vG6tD!kv4G9T7<#l~ntJVD@*WP?!PtdV!~XSe'
    '7kH9|U#Ou7ZlqjQlQi|}e+U3z+9k9%$wAKP0ab!uUfe2&4ql|B1e91wys5R*N>N0b@#CxE-Q(-O2I@x!2p1nf-ysfoVp0nmj;*QHQworq?RrOE'
    'UvJ8Cr`c#V6sg{lS`vAoNS%%%Ns=tJ$qiL`@cQ$^3eiysRWej;tTWjV<r(GK|3DU<Y=D&%l4HQU7Rr(&O}v^S*+`PibWWBhX~d-z&!+@W+yGg4'
    '(mll#{2mK3-pyi@J}9NIUlZ6l>rZaaS_<6fz%j<@={$e=&}Q6~7+J{7ADC$V#YHp0g`eK%qvz-kmggf(A&ie={{Y<+SXT'
),
}  # fmt: skip


def unpacked(text):
    return zlib.decompress(base64.b85decode(text))


@pytest.mark.parametrize("text", [NEW, OLD], ids=["zip", "before 1.6"])
def test_files_of_pytorch_are_read(text, tmp_path):
    path = tmp_path / "weights.pt"
    path.write_bytes(unpacked(text))
    for found in (nn.load(path), nn.load(io.BytesIO(path.read_bytes()), map_location="cpu")):
        w = np.arange(6.0, dtype=np.float32).reshape(2, 3)
        expected = {
            "turned": w.T, "part": w[1, 1:], "expanded": np.full(3, 7, np.float32), "half": np.array([0.5], np.float16),
            "bf": np.array([1.5, -2], np.float32), "truth": np.array([True, False]), "i8": np.array([-1], np.int8),
            "none": np.zeros((0, 3), np.float32), "number": np.array(3), "p": np.ones(2, np.float32),
        }  # fmt: skip
        if text is NEW:
            expected["u16"] = np.array([65535], np.uint16)
        for name, array in expected.items():
            np.testing.assert_array_equal(found[name].detach().numpy(), array)
            assert (found[name].dtype, found[name].requires_grad) == (array.dtype, name == "p")
        assert found["tied"][0] is found["tied"][1]
        assert found["rest"] == (1, -(2**40), 2.5, "text ä", None, True, [1, {}])
        assert (found["size"], found["dtype"]) == ((1, 2), np.float32)
        model = nn.Linear(2, 1)
        model.load_state_dict(found["model"])
        assert (model.weight.tolist(), model.bias.tolist()) == ([[1, 2]], [3])
    for length in (20, 500, len(path.read_bytes()) - 30):
        path.write_bytes(unpacked(text)[:length])
        with pytest.raises(CheckpointError, match=str(path)):
            nn.load(path)


@pytest.mark.parametrize("kind", MORE)
def test_what_else_is_in_files_of_pytorch(kind):
    """Old files of every protocol with numbers of NumPy's, Tensors that have attributes, a lazy minus, defaultdicts."""
    found = nn.load(io.BytesIO(unpacked(MORE[kind])))
    if kind == "negative":
        assert found["neg"].tolist() == [-2, 4]  # the imaginary part of a conjugate
    elif kind == "attributes":
        assert [found[name].tolist() for name in ("p", "t", "buffer")] == [[1, 1], [0], [1]]
        assert [found[name].requires_grad for name in ("p", "t", "buffer")] == [True, False, False]
        assert (found["counts"], found["lists"]) == ({"a": 1}, {})
    else:
        assert found["model"]["w"].tolist() == [[0, 2], [1, 3]]
        assert (found["loss"], found["kept"].tolist(), found["rng"].tolist()) == (0.5, [0, 1, 2], [1, 255])


class Imitation:
    """torch.save's reader, as far as a pickle of ours needs it: Python's own, with stand-ins for PyTorch's names."""

    def __init__(self, path):
        self.archive = zipfile.ZipFile(path)
        outer = self

        class Unpickler(pickle.Unpickler):
            def find_class(self, module, name):
                stand_ins = {
                    ("torch._utils", "_rebuild_tensor_v2"): outer.tensor,
                    ("torch._utils", "_rebuild_tensor_v3"): outer.tensor,
                    ("collections", "OrderedDict"): OrderedDict,
                }
                return stand_ins.get((module, name), name)

            def persistent_load(self, described):
                kind, storage, key, place, count = described
                assert (kind, place) == ("storage", "cpu")
                data = outer.archive.read(f"archive/data/{key}")
                if storage == "UntypedStorage":
                    assert len(data) == count
                    return data
                dtypes = {"FloatStorage": "<f4", "LongStorage": "<i8", "BoolStorage": "?", "HalfStorage": "<f2"}
                values = np.frombuffer(data, dtypes[storage])
                assert len(values) == count
                return values

        self.value = Unpickler(io.BytesIO(self.archive.read("archive/data.pkl"))).load()

    @staticmethod
    def tensor(values, offset, size, stride, requires_grad, hooks, dtype=None):
        values = values if dtype is None else np.frombuffer(values, dtype)
        return np.lib.stride_tricks.as_strided(values[offset:], size, np.multiply(stride, values.itemsize))


def test_what_is_written_is_what_pytorch_reads(tmp_path, rng):
    w = autograd.tensor(rng.standard_normal((2, 3)), dtype=autograd.float32)
    obj = {
        "w": w, "again": w, "turned": w.t(), "int": autograd.tensor([[1, -2]]), "truth": np.array([True, False]),
        "half": np.array([0.1], np.float16), "u32": np.array([1, 2**32 - 1], np.uint32), "none": autograd.zeros(0, 3),
        "rest": [1, -(2**70), 2**31, -129, 2.5, float("inf"), "ä", None, True, (), {}, {3: ("a",)}, np.float32(0.5)],
        "one": autograd.tensor(2.5),
    }  # fmt: skip
    path = tmp_path / "w.pt"
    nn.save(obj, path)
    theirs, ours = Imitation(path).value, nn.load(path)
    for found in (theirs, ours):
        assert list(found) == list(obj)
        for name, value in obj.items():
            if name == "rest":
                assert found[name] == value
                continue
            array = np.asarray(value.detach().numpy() if isinstance(value, autograd.Tensor) else value)
            got = found[name].numpy() if found is ours else found[name]
            assert (got.dtype, got.shape, got.tobytes()) == (array.dtype, array.shape, array.tobytes())
    assert ours["w"] is ours["again"]
    with zipfile.ZipFile(path) as archive:
        assert archive.read("archive/version") == b"3\n"
        whole = path.read_bytes()
        for name, array in (("0", obj["w"].numpy()), ("3", obj["truth"])):
            header = archive.getinfo(f"archive/data/{name}").header_offset
            begin = header + 30 + sum(struct.unpack_from("<HH", whole, header + 26))
            assert begin % 64 == 0  # where torch.load(mmap=True) looks at it
            assert whole[begin : begin + array.nbytes] == array.tobytes()
            assert archive.read(f"archive/data/{name}") == array.tobytes()
        assert len(archive.namelist()) == 3 + len(obj) - 2  # `again` and `w` are one, `rest` has no array


def test_what_a_file_of_pytorch_cannot_hold_is_refused(tmp_path):
    path = tmp_path / "w.pth"
    loop = []
    loop.append(loop)
    for obj, message in (
        ({"a": [print]}, r"obj\['a'\]\['0'\], a builtin_function"),
        ({(1, 2): 3}, "a key of obj is a tuple"),
        ({"a": np.array(["text"])}, "cannot hold"),
        ({"a": np.array([1j])}, "cannot hold"),
        (loop, "contains itself"),
        (2**3000, "too large"),
    ):
        with pytest.raises(CheckpointError, match=message):
            nn.save(obj, path)
    assert not path.exists()


# ------------------------------------------------------------------------------------------- what is never run


class Calls:
    """A pickle of it calls a function, in one of the ways that there are."""

    def __init__(self, function, *arguments):
        self.reduced = function, arguments

    def __reduce__(self):
        return self.reduced


MARK = "planted"


def plant(path):
    """What a hostile file would do."""
    with open(path, "w") as file:
        file.write(MARK)


TRICKS = {
    "a system call": b"cos\nsystem\n(X\x08\x00\x00\x00touch %btR.",
    "a built-in": b"\x80\x04\x8c\x08builtins\x8c\x04exec\x93X\x08\x00\x00\x00touch %b\x85R.",
    "a built-in of Python 2's name": b"c__builtin__\neval\n(X\x08\x00\x00\x00touch %btR.",
    "an instance": b"(X\x08\x00\x00\x00touch %bios\nsystem\n.",
    "an object": b"(cos\nsystem\nX\x08\x00\x00\x00touch %bo.",
    "a new object": b"\x80\x02cos\nsystem\nX\x08\x00\x00\x00touch %b\x85\x81.",
    "a new object with names": b"\x80\x04\x8c\x02os\x8c\x06system\x93)}\x92.",
    "an extension": b"\x80\x02\x82\x01)R.",
    "getattr": b"cbuiltins\ngetattr\n(cnumpy\nndarray\nX\x05\x00\x00\x00shapetR.",
    "a dotted name": b"\x80\x04\x8c\x05numpy\x8c\x0eload.__globals__\x93.",
    "the loader itself": b"cpickle\nloads\n(C\x01.tR.",
    "numpy's own pickles": b"cnumpy\nload\n(X\x01\x00\x00\x00atR.",
    "a memoized name": b"cos\nsystem\nq\x000h\x00(X\x01\x00\x00\x00atR.",
    "a name that is called though it is none": b"cnumpy\nndarray\n)R.",
    "a text that is called": b"X\x02\x00\x00\x00os)R.",
    "state of a dict": b"}X\x09\x00\x00\x00__class__X\x01\x00\x00\x00as}sb.",
    "state of an array": b"cnumpy\nndarray\n}X\x01\x00\x00\x00aK\x01sb.",
    "reconstruction of anything": b"ccopy_reg\n_reconstructor\n(cos\n_wrap_close\ncbuiltins\nobject\nNtR.",
    "torch's loader": b"ctorch\nload\n(X\x01\x00\x00\x00atR.",
    "torch's type rebuilding": b"ctorch._tensor\n_rebuild_from_type_v2\n(cos\nsystem\ncbuiltins\ndict\n)}tR.",
    "a buffer from outside": b"\x80\x05\x97.",
    "a persistent text": b"Pwhatever\n.",
    "a list as a key": b"}]K\x01s.",
    "items for a text": b"X\x01\x00\x00\x00a(K\x01K\x02u.",
    "an unknown memo": b"h\x05.",
    "nothing on the stack": b"0.",
    "past the mark": b"(00.",
    "no end": b"K\x01",
    "not one instruction": b"",
    "an unknown protocol": b"\x80\x09K\x01.",
    "an array of objects": b"cnumpy\ndtype\n(X\x01\x00\x00\x00OtR.",
    "a record": b"cnumpy\ndtype\n(X\x03\x00\x00\x00V16tR.",
    "an array without values": b"cnumpy._core.multiarray\n_reconstruct\n(cnumpy\nndarray\n)C\x01btR.",
    "torch's bytes, which are loaded": b"ctorch.storage\n_load_from_bytes\n(C\x01.tR.",
    "a part of a call": b"cfunctools\npartial\n(cos\nsystem\nX\x01\x00\x00\x00atR.",
    "numpy's tests, which run text": b"cnumpy.testing._private.utils\nrunstring\n(X\x01\x00\x00\x00a}tR.",
    "a number that is an object": b"cnumpy.core.multiarray\nscalar\n(cnumpy\ndtype\n(X\x01\x00\x00\x00OtRC\x01atR.",
    "an encoding that unpacks": b"c_codecs\nencode\n(X\x01\x00\x00\x00aX\x04\x00\x00\x00zlibtR.",
    "the list of encodings": b"c_codecs\nlookup\n(X\x01\x00\x00\x00atR.",
    "state of a parameter": b"ctorch._utils\n_rebuild_parameter_with_state\n(K\x01\x88}}tR.",
    "state of a set": b"cbuiltins\nset\n(]tR}b.",
    "a count beyond the file": b"\x8d\xff\xff\xff\xff\xff\xff\xff\x7fa.",
}


@pytest.mark.parametrize("program", TRICKS.values(), ids=TRICKS)
@pytest.mark.parametrize("home", ["zip", "old", "bare"])
def test_no_trick_runs_anything(program, home, tmp_path, monkeypatch):
    called = []
    for name in ("system", "popen", "execv"):
        monkeypatch.setattr(os, name, lambda *_: called.append(1))
    if b"%b" in program:
        program = program.replace(b"\x08\x00\x00\x00touch %b", b"\x07\x00\x00\x00touch x")
    if home == "bare":
        with pytest.raises(CheckpointError, match="here"):
            read_pickle(program, "here")
    else:
        path = tmp_path / "w.pt"
        if home == "zip":
            with zipfile.ZipFile(path, "w") as archive:
                archive.writestr("archive/data.pkl", program)
                archive.writestr("archive/version", "3\n")
        else:
            path.write_bytes(pickle.dumps(0x1950A86A20F9469CFC6C, 2) + pickle.dumps(1001, 2) + program * 3)
        with pytest.raises(CheckpointError, match=r"w\.pt"):
            nn.load(path)
    assert called == []
    assert not os.path.exists("x")


def test_the_oldest_format_is_refused(tmp_path):
    """Archives of tar, which torch.load (before 2.6) unpickled although it was told weights_only=True."""
    path, planted = tmp_path / "w.pt", tmp_path / "planted"
    with tarfile.open(path, "w") as archive:
        for name in ("storages", "tensors", "pickle"):
            data = pickle.dumps(Calls(plant, str(planted)))
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    with pytest.raises(CheckpointError, match=r"w\.pt"):
        nn.load(path)
    assert not planted.exists()


def test_what_grows_or_sets_is_harmless(tmp_path):
    """2**60 elements that are all the same few lists; 3000 lists, one within the other; attributes of a dict."""
    path = tmp_path / "w.pt"

    def loaded(program):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("archive/data.pkl", b"\x80\x02" + program)
        return nn.load(path)

    doubled = [b"](h%ch%ceq%c" % (n, n, n + 1) for n in range(60)]
    found = loaded(b"]q\x00" + b"".join(doubled) + b".")
    assert found[0] is found[1]
    assert len(loaded(b"(" * 3000 + b"l" * 3000 + b".")) == 1
    for name in (b"__class__", b"items", b"__dict__"):
        found = loaded(b"ccollections\nOrderedDict\n)R}X%c\0\0\0" % len(name) + name + b"K\x01sb.")
        assert type(found) is OrderedDict
        assert vars(found) == {}


@pytest.mark.parametrize("protocol", range(6))
def test_pickles_that_python_writes_of_functions_are_refused(protocol, tmp_path):
    path = tmp_path / "planted"
    for value in (Calls(plant, str(path)), [1, {"a": Calls(exec, f"open({str(path)!r}, 'w')")}], plant, MARK.join):
        with pytest.raises(CheckpointError, match=r"which is never done|instruction"):
            read_pickle(pickle.dumps(value, protocol), "file")
    assert not path.exists()
    pickle.loads(pickle.dumps(Calls(plant, str(path)), protocol))  # the file is one that would do it
    assert path.read_text() == MARK


@pytest.mark.parametrize("protocol", range(6))
def test_numbers_and_text_come_back(protocol, rng):
    arrays = [rng.random((3, 4)), np.asfortranarray(rng.random((2, 3))), np.arange(3, dtype=">i2"), np.array(True)]
    plain = [1, -5, 2**70, 1.5, "ä\n'", b"\x00\xff", None, True, (1,), (1, 2), (1, 2, 3, 4), {}, {"a": [1]}, {1, 2}]
    plain += [frozenset([1]), 1j, OrderedDict(a=1), np.float32(2.5)]
    plain.append(plain[2])
    assert read_pickle(pickle.dumps(plain, protocol), "") == plain
    for array, found in zip(arrays, read_pickle(pickle.dumps(arrays, protocol), ""), strict=True):
        np.testing.assert_array_equal(found, array)
        assert found.dtype == array.dtype.newbyteorder("=")


def described(size, stride, offset=0, count=4, storage="FloatStorage", key="0"):
    """The pickle of a Tensor that looks so at four numbers."""
    writer = Writer()
    writer.out += f"ctorch._utils\n_rebuild_tensor_v2\n((X\x07\x00\x00\x00storagectorch\n{storage}\n".encode()
    for value in (key, "cpu", count):
        writer.add(value, ())
    writer.out += b"tQ"
    for value in (offset, size, stride, False):
        writer.add(value, ())
    return bytes(writer.out + b"ccollections\nOrderedDict\n)RtR.")


def storage_alone():
    """The pickle of numbers that no Tensor looks at."""
    return b"(X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpuK\x04tQ."


def number(value):
    """The instruction that pushes a whole number."""
    data = value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True)
    return b"\x8a" + bytes([len(data)]) + data


def text(value):
    return b"X" + len(value).to_bytes(4, "little") + value


LONG = b"](" + b"K\x01" * 100_000 + b"eq\x00"
"""A list that is put aside under 0."""

EQUAL = [number(k * (2**61 - 1)) for k in range(1, 20_000)]
"""Numbers whose hashes are all 0."""

BOMBS = {
    "tuples of tuples as a key": b"})q\x00" + b"".join([b"h\x00h\x00\x86q\x00"] * 60) + b"K\x01s.",
    "a long tuple as a key": LONG[1:-3] + b"tq\x00}" + b"h\x00K\x01s" * 1000 + b".",
    "sets of one list, over and over": LONG + b"cbuiltins\nset\nq\x01" + b"h\x01h\x00\x85R" * 5000 + b".",
    "dicts of one dict, over and over": b"}(" + b"".join([number(k) + b"N" for k in range(50_000)])
    + b"uq\x00ccollections\nOrderedDict\nq\x01" + b"h\x01h\x00\x85R" * 5000 + b".",
    "one text encoded, over and over": text(b"a" * 1_000_000) + b"q\x00c_codecs\nencode\nq\x01"
    + b"h\x01h\x00\x85R" * 5000 + b".",
    "one array, over and over": b"cnumpy\ndtype\n" + text(b"u1") + b"\x85Rq\x01B" + (10**6).to_bytes(4, "little")
    + bytes(10**6) + b"q\x00cnumpy.core.multiarray\nscalar\nq\x02"
    + (b"cnumpy.core.multiarray\n_reconstruct\n)R(K\x01" + number(10**6) + b"\x85h\x01\x89h\x00tb") * 5000 + b".",
    "keys whose hashes are equal": b"}(" + b"".join([each + b"N" for each in EQUAL]) + b"u.",
    "a set of such": b"\x80\x04\x8f(" + b"".join(EQUAL) + b"\x90.",
    "slots whose numbers are equal": b"N" + b"".join([b"p%d\n" % (k * (2**61 - 1)) for k in range(1, 20_000)]) + b".",
    "one storage that is looked at in many ways": b"](" + b"".join(
        [described((2**22,), (0,), offset=k % 4 if k < 4 else 3, count=4)[2:-1] for k in range(4)]
        + [described((2**22 - k,), (0,))[2:-1] for k in range(200)]
    ) + b"e.",
}  # fmt: skip
"""Small files that want all memory, or all time."""


@pytest.mark.parametrize("program", BOMBS.values(), ids=BOMBS)
def test_small_files_stay_small(program, tmp_path):
    path = tmp_path / "w.pt"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", program)
        archive.writestr("archive/data/0", np.arange(1, 5, dtype="<f4").tobytes())
    tracemalloc.start()
    try:
        with pytest.raises(CheckpointError, match=r"over and over|as a key|keys that are|do not fit|that repeats"):
            nn.load(path)
        assert tracemalloc.get_traced_memory()[1] < 600e6
    finally:
        tracemalloc.stop()


def test_what_is_larger_than_its_file_is_refused(tmp_path):
    path = tmp_path / "w.pt"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", described((2,), (1,)))
        archive.writestr("archive/data/0", bytes(16))
        archive.infolist()[1].file_size = 10**12
    with pytest.raises(CheckpointError, match="larger than the file"):
        nn.load(path)


def test_names_in_errors_are_short_and_move_no_cursor(tmp_path):
    with pytest.raises(CheckpointError) as caught:
        read_pickle(b"c\x1b[2Jhere\n" + b"x" * 5000 + b"\n.", "file")
    assert "\x1b" not in str(caught.value)
    assert len(str(caught.value)) < 400


LIES = {
    "more than there is": described((5,), (1,)),
    "past the end": described((2, 2), (3, 1)),
    "from behind": described((2,), (1,), offset=3),
    "from before": described((2,), (1,), offset=-1),
    "backwards": described((2,), (-1,), offset=3),
    "negative": described((-2,), (1,)),
    "other numbers of axes": described((2, 2), (1,)),
    "a count that is not the file's": described((2,), (1,), count=8),
    "a negative count": described((2,), (1,), count=-4),
    "another file": described((2,), (1,), key="../../etc/passwd"),
    "petabytes that repeat one number": described((2**40, 1000), (0, 0)),
    "truth that is neither": described((16,), (1,), count=16, storage="BoolStorage"),
    "sizes that are no numbers": described((2.5,), (1,)),
    "too many axes": described((1,) * 70, (1,) * 70),
    "more than a machine counts": described((2**1000, 2), (0, 2**900)),
    "strides beyond all memory": described((2, 2), (2**62, 1)),
    "complex numbers": described((2,), (1,), count=2, storage="ComplexFloatStorage"),
    "numbers by themselves": storage_alone(),
}


@pytest.mark.parametrize("program", LIES.values(), ids=LIES)
def test_tensors_that_lie_are_refused(program, tmp_path):
    path = tmp_path / "w.pt"

    def write(program):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("archive/data.pkl", program)
            archive.writestr("archive/data/0", np.arange(1, 5, dtype="<f4").tobytes())

    write(program)
    with pytest.raises(CheckpointError, match=r"w\.pt"):
        nn.load(path)
    write(described((2, 2), (1, 2)))
    assert nn.load(path).tolist() == [[1, 3], [2, 4]]


def test_archives_that_are_none_are_refused(tmp_path):
    path = tmp_path / "w.pt"
    good = described((2, 2), (1, 2))
    numbers = np.arange(1, 5, dtype="<f4").tobytes()
    for entries, compression, message in (
        ({"a/data.pkl": good, "b/data.pkl": good, "a/data/0": numbers}, zipfile.ZIP_STORED, "no archive as torch.save"),
        ({"a/data.pkl": good, "a/data/0": numbers}, zipfile.ZIP_DEFLATED, "no archive as torch.save"),
        ({"a/data.pkl": good, "a/constants.pkl": good, "a/data/0": numbers}, zipfile.ZIP_STORED, "TorchScript"),
        ({"a/data.pkl": good}, zipfile.ZIP_STORED, "'0' is missing"),
        ({"a/data.pkl": good, "a/data/0": numbers[:-1]}, zipfile.ZIP_STORED, "'0' is truncated"),
    ):
        with zipfile.ZipFile(path, "w", compression) as archive:
            for name, data in entries.items():
                archive.writestr(name, data)
        with pytest.raises(CheckpointError, match=message):
            nn.load(path)


STANDARD = {
    "lazy": lambda: lazy(),
    "resnet18": lambda: resnet.ResNet(resnet.BasicBlock, [2, 2, 2, 2]),
    "gpt": lambda: gpt.GPT(gpt.Config()),
    "lstm": lambda: nn.LSTM(5, 7, 2, bidirectional=True),
    "generator": lambda: dcgan.Generator(),
    "discriminator": lambda: dcgan.Discriminator(),
}


def lazy():
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.LazyLinear(5))
    model(autograd.randn(2, 3, 6, 6))
    return model


@pytest.mark.parametrize("ending", ["pt", "safetensors", "npz"])
@pytest.mark.parametrize("kind", STANDARD)
def test_weights_come_back_to_the_bit(kind, ending, tmp_path):
    model = STANDARD[kind]()
    rng = np.random.default_rng(0)
    for value in model.state_dict().values():  # running statistics and biases that are not all 0
        if value.dtype.kind == "f":
            value.copy_(rng.standard_normal(tuple(value.shape)).astype(value.dtype))
    nn.save(model.state_dict(), tmp_path / f"w.{ending}")
    found = nn.load(tmp_path / f"w.{ending}")
    assert list(found) == list(model.state_dict())
    for name, value in model.state_dict().items():
        assert (found[name].dtype, found[name].shape) == (value.dtype, value.shape)
        assert found[name].numpy().tobytes() == value.numpy().tobytes()
    other = STANDARD[kind]()
    assert str(other.load_state_dict(found)) == "<All keys matched successfully>"
