"""Builds `ocr/data/month_names.toml`: the months in Latin letters as they are written in the languages of the forms.

Source: Unicode CLDR through the registry package `babel` (BSD; CLDR data under the Unicode License v3), wide and abbreviated.
Amharic and Tigrinya names are put in Latin letters by `anyascii`. Arabic ones are listed here, as Arabs spell them in Latin
letters, since CLDR leaves the vowels out; Chinese months are numbers. `pip install babel && python -m tools.build_month_names`.
"""

from __future__ import annotations

from pathlib import Path

from anyascii import anyascii
from babel import Locale

from ocr.alphabet import fold_text

TARGET = Path(__file__).parent.parent / "ocr" / "data" / "month_names.toml"
LANGUAGES = {"en": "en", "es": "es", "so": "so", "vi": "vi", "am": "am", "ti": "ti", "om": "om", "tl": "fil"}
_LATIN_ARABIC = (
    ("yanayir", "kanun"),
    ("fibrayir", "shubat"),
    ("mars", "adhar"),
    ("abril", "nisan"),
    ("mayu", "ayyar"),
    ("yunyu", "yunio", "haziran"),
    ("yulyu", "yulio", "tammuz"),
    ("aghustus", "ab"),
    ("sibtambar", "september", "aylul"),
    ("uktubar", "october"),
    ("nufambar", "november"),
    ("disambar", "december"),
)
_HEAD = """# Months in Latin letters, by language, January first. Built by tools/build_month_names.py; don't edit by hand.
# Source: Unicode CLDR (Unicode License v3) by way of the package babel; Amharic and Tigrinya through anyascii, Arabic as
# written in Latin letters. Chinese months are numbers and need no names.
"""


def list_names(locale: str, month: int) -> list[str]:
    """The month's names in a language, wide first, folded; English also `Sept`."""
    months = Locale.parse(locale).months
    found = [months[use][width][month] for use in ("format", "stand-alone") for width in ("wide", "abbreviated")]
    found += ["sept"] if locale == "en" and month == 9 else []
    folded = [fold_text(anyascii(name)).replace(".", "").replace("'", "").replace(" ", "") for name in found]
    return list(dict.fromkeys(folded))


def main() -> None:
    """Writes the file."""
    lines = [_HEAD]
    for language, locale in LANGUAGES.items():
        names = [list_names(locale, month) for month in range(1, 13)]
        lines.append(
            f"{language} = [\n" + "".join(f"  {str(found).replace(chr(39), chr(34))},\n" for found in names) + "]\n"
        )
    arabic = "".join(f"  {str(list(found)).replace(chr(39), chr(34))},\n" for found in _LATIN_ARABIC)
    lines.append(f"ar = [\n{arabic}]\n")
    TARGET.write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
