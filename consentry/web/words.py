"""What codes are called on the pages. English here; other languages come from the catalogues."""

from __future__ import annotations

from review_queue import Reason


def mark(words: str) -> str:
    """The same words, marked to be found by the extraction of catalogues."""
    return words


FIELD_WORDS = {
    "student_first": mark("First name"),
    "student_middle": mark("Middle name"),
    "student_last": mark("Last name"),
    "student_suffix": mark("Suffix"),
    "other_name": mark("Other name"),
    "student_id": mark("Student ID"),
    "birth_date": mark("Birth date"),
    "school": mark("School"),
    "grade": mark("Grade"),
    "partner": mark("Organization"),
    "program": mark("Program or site"),
    "records_attendance": mark("Attendance released"),
    "records_discipline": mark("Discipline released"),
    "records_assessment": mark("Assessment released"),
    "records_demographics": mark("Demographics released"),
    "consent_yes": mark("I consent"),
    "consent_no": mark("I do not consent"),
    "parent_name": mark("Parent's name"),
    "relationship": mark("Relationship"),
    "contact": mark("Phone or e-mail"),
    "parent_signature": mark("Parent's signature"),
    "parent_date": mark("Date of the signature"),
    "student_signature": mark("Student's signature"),
    "student_date": mark("Date of the student's signature"),
    "interpreter": mark("Interpreter"),
}
READ_WORDS = {"marked": mark("marked"), "empty": mark("empty"), "unsure": mark("can't tell")}
HINT_WORDS = {
    "filled in": mark("was empty and you filled it in afterwards; fill it in before you send the list"),
    "emptied": mark("was wrong and you emptied it; leave it empty where you aren't sure"),
    "day and month swapped": mark("had day and month swapped; write it as MM/DD/YYYY"),
    "spelling": mark("had another spelling than the form; copy it from the form"),
    "changed": mark("was another one than on the form; copy it from the form"),
}

REASON_WORDS = {
    Reason.NO_SIGNATURE: mark("no signature"),
    Reason.NO_DATE: mark("no date"),
    Reason.DATE_FUTURE: mark("date lies in the future"),
    Reason.DATE_BEFORE_FORM: mark("date is before the form's publication"),
    Reason.PAST_DEADLINE: mark("past the due date"),
    Reason.WRONG_YEAR_FORM: mark("form of another year"),
    Reason.WRONG_PARTNER: mark("names another organization"),
    Reason.NOT_DISTRICT_FORM: mark("not the district's form"),
    Reason.DECLINED: mark("the family declined"),
    Reason.NO_RECORDS_CHOSEN: mark("no records ticked"),
    Reason.SIGNER_NOT_ELIGIBLE_18PLUS: mark("the student is 18 and did not sign"),
    Reason.ILLEGIBLE: mark("illegible"),
    Reason.MISSING_PAGE: mark("a page is missing"),
    Reason.FORM_WITHOUT_ROW: mark("form without a list row"),
    Reason.ROW_WITHOUT_FORM: mark("list row without a form"),
    Reason.FORM_ROW_MISMATCH: mark("form and list row disagree"),
    Reason.ID_FORMAT: mark("the ID is not one"),
    Reason.CANNOT_CONFIRM: mark("child can't be confirmed"),
    Reason.DUPLICATE: mark("sent before"),
    Reason.NO_ACTIVE_DSA: mark("no active agreement"),
    Reason.TRAINING_LAPSED: mark("training lapsed"),
    Reason.BAD_FILE: mark("file can't be read"),
    Reason.AMBIGUOUS: mark("several children fit"),
    Reason.TWIN_OR_SIBLING: mark("twin or sibling"),
    Reason.LOW_PROBABILITY: mark("child not certain"),
    Reason.PROTECTED: mark("confidential address"),
    Reason.ALTERED: mark("struck out or altered"),
    Reason.CONFLICTING_FORMS: mark("forms contradict each other"),
    Reason.NOT_ENROLLED: mark("not enrolled"),
}
GRADE_WORDS = {"on_time": mark("in time"), "soon_late": mark("soon late"), "late": mark("late")}
ROLE_WORDS = {
    "staff": mark("staff"),
    "lead": mark("lead"),
    "auditor": mark("auditor"),
    "partner": mark("partner"),
    "school": mark("principal or designee"),
    "admin": mark("administrator"),
}
STATE_WORDS = {
    "received": mark("received"),
    "held": mark("held"),
    "read": mark("read"),
    "in_review": mark("in review"),
    "granted": mark("granted"),
    "returned": mark("returned"),
    "rejected": mark("rejected"),
    "failed": mark("failed"),
}
RETURN_REASONS = (
    Reason.ILLEGIBLE,
    Reason.NO_SIGNATURE,
    Reason.NO_DATE,
    Reason.DATE_FUTURE,
    Reason.DATE_BEFORE_FORM,
    Reason.WRONG_YEAR_FORM,
    Reason.WRONG_PARTNER,
    Reason.NOT_DISTRICT_FORM,
    Reason.NO_RECORDS_CHOSEN,
    Reason.MISSING_PAGE,
    Reason.FORM_ROW_MISMATCH,
    Reason.CANNOT_CONFIRM,
    Reason.DECLINED,
)
"""Reasons that a person gives a partner for sending a form back."""
BATCH_WORDS = {"proposed": mark("proposed"), "confirmed": mark("confirmed"), "dropped": mark("dropped")}
SEARCH_WORDS = {
    "student": mark("Student"),
    "form": mark("Form"),
    "grant": mark("Grant"),
    "person": mark("Person who decided"),
    "day": mark("Day"),
}
AGREEMENT_WORDS = {
    "dsa": mark("Data sharing agreement"),
    "nua": mark("Network use agreement"),
    "is": mark("Institutional service designation"),
    "training": mark("Data stewardship training"),
}
STATUS_WORDS = {
    "none": mark("not begun"),
    "not_renewed": mark("not renewed"),
    "submitted": mark("submitted"),
    "in_review": mark("in review"),
    "returned": mark("returned"),
    "signed": mark("signed"),
    "active": mark("active"),
    "ended": mark("ended"),
}
DESIGNEE_WORDS = {"principal": mark("principal"), "designee": mark("designee")}
DESIGNEE_STATUS_WORDS = {"active": mark("may send lists"), "ended": mark("no longer")}
VERDICT_WORDS = {"approve": mark("approves"), "changes": mark("asks for changes"), "refuse": mark("refuses")}
PAST_WORDS = STATUS_WORDS | VERDICT_WORDS | {"trained": mark("was trained")}
RESULT_WORDS = {
    "accepted": mark("accepted"),
    "to mend": mark("to mend"),
    "in progress": mark("in progress"),
    "nothing to do": mark("nothing to do"),
}
CATEGORY_WORDS = {
    "attendance": mark("attendance"),
    "discipline": mark("discipline"),
    "assessment": mark("assessment"),
    "demographics": mark("demographics"),
}
RIVAL_WORDS = {
    "twin": mark("twin of {name}: born the same day"),
    "sibling": mark("sibling of {name}, born {what}"),
    "namesake": mark("another child of the same name and birth date is at {what}"),
}
