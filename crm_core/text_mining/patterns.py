"""How phones, addresses, amounts and the like are written in messages, in English and Chinese."""

import re
from functools import cache

from crm_core.text_mining.dictionary import listed

_HAN = "\u3400-\u9fff"
_ALONE, _NO_MORE = "(?<![A-Za-z0-9_])", "(?![A-Za-z0-9_])"  # Chinese stands beside numbers without a blank

# The size of a pack behind a product's name: 'Colombia Huila 250 g'.
PACK = re.compile(r"[\s,(]*\d+(?:[.,]\d+)?\s*(?:x\s*\d+\s*)?"
                  r"(?:g|kg|mg|ml|cl|l|oz|lb|cm|mm|m|pcs?|packs?|克|千克|公斤|毫升|升|片|包|只|袋|盒)?\)?$",
                  re.IGNORECASE)

_OUTSIDE = rf"\s{_HAN}，。！？；、）】》"
LINK = re.compile(rf"(?:https?://|www\.)[^{_OUTSIDE}]*[^{_OUTSIDE}.,;:!?)'\"]", re.IGNORECASE)
MAIL = re.compile(r"(?<![A-Za-z0-9_.+-])[A-Za-z0-9_.+-]{1,64}\s?(?:@|\[at\]|\(at\))\s?"
                  r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+", re.IGNORECASE)

_MONTH = "(?:jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec)[a-z]{0,6}"
DATE = re.compile("|".join((
    r"(?<![\d.,/-])(?:(?:19|20)\d\d\s?[-/.年]\s?\d{1,2}\s?[-/.月]\s?\d{1,2}\s?[日号]?",
    r"\d{1,2}月\d{1,2}[日号]",
    r"\d{1,2}[/.-]\d{1,2}[/.-](?:19|20)?\d\d",
    rf"\d{{1,2}}(?:st|nd|rd|th)?(?:\sof)?\s{_MONTH}\b(?:,?\s(?:19|20)\d\d)?",
    rf"\b{_MONTH}\.?\s\d{{1,2}}(?:st|nd|rd|th)?(?:,?\s(?:19|20)\d\d)?)(?![\d/-])")), re.IGNORECASE)

_NAMED = r"USD|EUR|GBP|CNY|RMB|CHF|HKD|JPY"
AMOUNT = re.compile("|".join((
    rf"(?:(?:US|HK|A|C)?[$€£¥]|{_ALONE}(?:{_NAMED}))\s?\d[\d,.]*(?<=\d)(?:\s?[kK]\b|\s?[万千百])?",
    rf"(?<![A-Za-z0-9_.,])\d[\d,.]*(?<=\d)\s?(?:€|£|\$|(?:dollars?|bucks|euros?|pounds?|pence|cents|yuan|{_NAMED})(?!\w))",
    r"(?<![A-Za-z0-9_.,])\d[\d,.]*(?<=\d)\s?[万千百]?\s?(?:块钱|块|元|人民币|美元|欧元|英镑|港币|毛钱)")),
    re.IGNORECASE)

# Any run of digits that may be a telephone number, and the words before one that say so.
DIGITS = re.compile(r"(?<![A-Za-z0-9_#])(?<!\d[.,-])\+?\(?\d(?:[\s().\u2010-\u2013-]{0,3}\d){5,18}" + _NO_MORE)
CALL = re.compile(r"(?:\b(?:tel|telephone|phone|mobile|mob|cell|call|ring|text|whatsapp|fax|reach|contact)\b"
                  r"(?:\W{0,3}(?:me|us|no|number|on|at|is|my)\b){0,3}"
                  r"|电话|手机|座机|致电|拨打|联系方式|号码|電話|手機)[^\w]{0,4}(?:是|为)?\W{0,2}$", re.IGNORECASE)

ORDER_WORD = re.compile(
    r"(?:\border(?:\s(?:no|number|id|ref))?|\b(?:invoice|tracking|reference|ref|case|ticket)(?:\s(?:no|number|id))?"
    r"|订单号?|单号|运单号?|訂單號?|编号)(?:\sis|是|为)?[\s.:：#]{0,4}"
    rf"([A-Z]{{0,6}}[-_/]?\d[\dA-Z/_-]{{3,24}}){_NO_MORE}(?!-)", re.IGNORECASE)

CHINESE_ID = re.compile(
    rf"{_ALONE}\d{{6}}(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])\d{{3}}[\dXx]{_NO_MORE}")
SOCIAL = re.compile(rf"(?<!-){_ALONE}(?!000|666|9\d\d)\d{{3}}-(?!00)\d\d-(?!0000)\d{{4}}{_NO_MORE}(?!-)")
IBAN = re.compile(rf"{_ALONE}[A-Z]{{2}}\d\d(?:\s?[A-Z0-9]{{4}}){{2,7}}(?:\s?[A-Z0-9]{{1,3}})?{_NO_MORE}")
CARD = re.compile(rf"(?<!-){_ALONE}\d(?:[ -]?\d){{12,18}}{_NO_MORE}(?!-)")
_BYTE = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
IP = re.compile(rf"(?<!\.){_ALONE}(?:{_BYTE}\.){{3}}{_BYTE}{_NO_MORE}(?!\.\d)")
HANDLE = re.compile(
    r"(?:微信|薇信|wechat|weixin|\bwx|\bqq|扣扣|\bline id|\btelegram|\bskype)(?:\s?(?:号|id|no))?(?:是|\sis)?"
    r"[\s:：]{0,3}([A-Za-z0-9_@.-]{5,30})", re.IGNORECASE)

STREET = re.compile("|".join((
    rf"{_ALONE}\d{{1,5}}[A-Za-z]?,?\s(?:[A-Z][\w'.]*\s){{1,4}}"
    r"(?:Street|St|Road|Rd|Lane|Ln|Avenue|Ave|Drive|Dr|Way|Court|Ct|Boulevard|Blvd|Close|Place|Square|Terrace)\b\.?",
    r"\b[A-ZÄÖÜ][\wäöüß.-]*(?:straße|strasse|str\.|weg|platz|allee|gasse|ring)\s\d{1,4}[a-z]?\b",
    rf"[{_HAN}]{{2,12}}(?:路|街|大道|巷|弄|胡同)\d{{1,5}}[号弄](?:[{_HAN}\d-]{{0,20}}(?:室|楼|栋|单元|号|座|层))?",
    rf"[{_HAN}]{{2,8}}(?:小区|花园|公寓|苑)\d{{1,4}}(?:号楼|栋|幢|座|单元)[\d单元号室楼层-]{{0,12}}")))

_CAPITAL = r"[A-ZÀ-Þ][\w’'-]+"
_CAPITALS = rf"({_CAPITAL}(?:[ ]{_CAPITAL}){{0,2}})"


@cache
def person() -> re.Pattern:
    """Somebody who is addressed, says a name or signs with one; the name is the one group that has something."""
    surnames = "".join(sorted(listed("surnames_zh")))
    return re.compile("|".join((
        rf"\b(?i:mr|mrs|ms|miss|mister|dr|prof|sir|madam|herr|frau)\b\.?\s{_CAPITALS}",
        rf"\b(?i:my name is|my name's|name:|i am called|speaking with|spoke to|spoke with)\s{_CAPITALS}",
        rf"(?i:regards|wishes|thanks|thank you|cheers|sincerely|truly|yours|love)[,!.]?\s*\n+\s*{_CAPITALS}\.?\s*$",
        rf"(?:我叫|我是|名叫|姓名[:：]?|收件人[:：]?|联系人[:：]?)\s?([{surnames}][{_HAN}]{{1,2}})(?![{_HAN}])",
        rf"([{surnames}][{_HAN}]{{0,2}}?)(?:先生|女士|小姐|太太|师傅)")))
