"""The sentences that leads and auditors are told in English, as the pages know them to say again: see `told_sentences`."""

from __future__ import annotations

from consentry.web.words import mark

POLICY = (
    mark("the policy that comes with the program"),
    mark("{kind}: {asked} where the bound allows {allowed}"),
    mark("{setting} is looser than in force"),
    mark("a policy is set by a lead and with a reason"),
    mark("accepting the risk needs a reason"),
    mark("name a threshold, or take the learned ones"),
    mark("looser than allowed ({kinds}): give --accept-risk with a reason to set it"),
)
_KINDS = (
    mark("all other forms"),
    mark("student ID present"),
    mark("student ID absent"),
    mark("language {code}"),
    mark("scan photo"),
    mark("scan scan"),
    mark("scan typed"),
)
TRACES = (
    mark("page looked at, the child agrees"),
    mark("{action} by {actor} on {on}; {partner}, {file}, page {number}"),
    mark("{state}; {partner}, {file}, page {number}"),
    mark("{name}, born {born}, {school}"),
    mark("{student}, not enrolled any more"),
    mark("{partner}, {since} to {until}, {categories}"),
    mark("a day is written YYYY-MM-DD"),
)
REMINDERS = (
    mark("1 business day past its target"),
    mark("{days} business days past its target"),
    mark("due today"),
    mark("due in 1 business day"),
    mark("due in {days} business days"),
    mark("the year's forms and agreements are due on {day}"),
)
STEPS = (
    mark("a partner needs a name and an id"),
    mark("a trained person has a name"),
    mark("a user principal name looks like ana@partner.example"),
    mark("that person is active at another partner: end it there first"),
    mark("no such person at {partner}"),
    mark("a verdict needs who gives it, and a reason unless it approves"),
    mark("the review isn't over: {departments} did not approve yet"),
    mark("partner {partner} is there already"),
)
TOLD_INSIDE = (*POLICY, *_KINDS, *TRACES, *REMINDERS, *STEPS)
