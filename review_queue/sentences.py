"""What each reason code tells a partner: one sentence on what to do, and never a value of the district's."""

from __future__ import annotations

from review_queue.types import INSIDE_REASONS, Reason

_SENTENCES = {
    Reason.NO_SIGNATURE: "The form is not signed. Ask the parent or guardian to sign and date a form, and send it again.",
    Reason.NO_DATE: "The signature has no date. Ask the family to date a newly signed form, and send it again.",
    Reason.DATE_FUTURE: "The signature's date lies in the future. Ask the family for a form with the day of signing.",
    Reason.DATE_BEFORE_FORM: "The signature is older than this year's form. Ask the family for a newly signed form.",
    Reason.PAST_DEADLINE: "The form came after this school year's due date. It can only be taken for the next year.",
    Reason.WRONG_YEAR_FORM: "This is a form of another school year. Ask the family to sign this year's form.",
    Reason.WRONG_PARTNER: "The form names another organization. Send a form on which the family names yours.",
    Reason.NOT_DISTRICT_FORM: "This is not the district's consent form. Ask the family to sign the district's own form.",
    Reason.DECLINED: "The family did not consent. Nothing can be shared, and nothing is left to do.",
    Reason.NO_RECORDS_CHOSEN: "No kind of record is ticked. Ask the family to tick what may be shared on a new form.",
    Reason.SIGNER_NOT_ELIGIBLE_18PLUS: "The student is 18 and has to sign for themself. Send a form that the student signed.",
    Reason.ILLEGIBLE: "Part of the form or row cannot be read. Scan it again or have it filled in anew in block letters.",
    Reason.MISSING_PAGE: "A page of the form is missing. Scan all its pages and send it again.",
    Reason.FORM_WITHOUT_ROW: "Your student list has no row for this form. Add the student to the list and send it again.",
    Reason.ROW_WITHOUT_FORM: "No scanned form goes with this row. Send the signed form, or take the row off the list.",
    Reason.FORM_ROW_MISMATCH: "Form and row do not agree with each other. Check names, birth date and ID, and mend the row.",
    Reason.ID_FORMAT: "The student ID is not one: it has 7 digits. Correct it, or leave it empty.",
    Reason.CANNOT_CONFIRM: "We cannot confirm this student from what was sent. Check all of it with the family.",
    Reason.DUPLICATE: "This form was sent before. Nothing is left to do.",
    Reason.NO_ACTIVE_DSA: "Your data sharing agreement is not active yet. The form waits and is taken up by itself.",
    Reason.TRAINING_LAPSED: "Your data stewardship training is not done for this year. The form waits for it.",
    Reason.BAD_FILE: "The file could not be read. Scan the page again as PDF, TIFF, JPEG or PNG, and send it again.",
}


def tell_partner(reason: Reason) -> Reason:
    """The code that a partner may see for a reason: one neutral code stands for all that only enrollment tells."""
    return Reason.CANNOT_CONFIRM if reason in INSIDE_REASONS else reason


def say_to_partner(reason: Reason) -> str:
    """The sentence for the code that a partner may see."""
    return _SENTENCES[tell_partner(reason)]
