"""List the words of courtesy, which cannot change a number: please, show me, the."""

from __future__ import annotations

from customer360.ask.inflect import stems

_TEXTS = (
    "kindly share|please share|share with me|share with us|"
    "please|thanks|thank you|hi|hello|hey|dear|good morning|good afternoon|kindly|can you|could you|would you|"
    "would|could|can|will you|can we|could we|can i|could i|may i|show|show me|show us|tell|tell me|tell us|"
    "give|give me|give us|display|provide|provide me with|present|find|find out|get me|get|fetch|pull|pull up|"
    "calculate|compute|report|report on|report of|i want to know|i want to see|i want|i would like to know|"
    "i would like to see|i would like|i need to know|i need to see|i need|we need|we want|want to know|"
    "want to see|need to know|need to see|need|would like to know|would like to see|like to know|like to see|"
    "let me know|let me see|i am interested in|interested in|looking for|i am looking for|looking at|"
    "do you know|any idea|wondering|i wonder|i am wondering|what is|what are|what was|what were|what has been|"
    "what about|how is|how are|how was|how were|how did|how do|how does|how has|how have|let us|lets|see|"
    "look at|know|the|a|an|our|my|your|us|we|i|me|you|their|its|there|is|are|was|were|be|been|being|am|did|do|"
    "does|done|has|have|had|make|makes|made|making|generate|generates|generated|generating|bring|brings|"
    "brought|earn in|got|gets|achieve|achieved|recorded|reach|reached|realised|realized|realise|realize|"
    "account for|accounts for|accounted for|contribute|contributes|contributed|come in|came in|register|"
    "registered|produce|produced|place|placed|happen|happened|occur|occurred|take place|took place|belong|"
    "belonging|belongs|actually|really|exactly how|then|now|ok|okay|a look at|an overview of|overview of|"
    "overview|summary of|table of|chart of|graph of|plot of|report about|chart|graph|plot|"
    "information on|information about|info on|info about|details on|details of|"
    "out of|much appreciated|for me|for us|to us|to me|in our data|in data|in our company|in our business|"
    "by the way|respective|respectively|corresponding|various|exact|thanks a lot|thank you very much|"
    "thank you so much|many thanks|very much|in advance|good evening|good day|greetings|cheers|"
    "would it be possible to|would it be possible|is it possible to|is it possible|it be possible to|"
    "if possible|if you can|if you could|sorry|sorry to bother you|sorry to bother you but|sorry but|excuse me|"
    "by any chance|dear team|hi team|hello team|hey team|morning team|good morning team|"
    "all good|to show|to show me|to see|to know|to get|to tell me|to have|"
    "want know|want see|want|i am curious|curious|quick question|one question|my question is|something|"
    "anything|just wondering|as soon as possible|asap|for my report|for a report|for my presentation|"
    "for a presentation|for my boss|for our meeting|doing|looks like|look like|looking like|in database|"
    "in our database|in the database|on record|pull together|put together|the following|ever|how|show how|"
    "see how|tell me how|like|from us|with us|at us|quick one|would be glad to know|would be glad to see|"
    "would be happy to know|would be interested in|would love to know|would love to see|i would love|"
    "am looking for|a quick one|in our books|on our books|roughly speaking|we can|still|all of our|all of the|"
    "somehow|got to know|it is|check|give me an idea of|run me|looks|but|come to|comes to|came to|amount to|"
    "amounts to|amounted to|add up to|adds up to|added up to|run at|runs at|stand at|stands at|stood at|"
    "sit|lie|lies|lying|lay|sits|sitting|exist|exists|existed|turn out|turned out|look|looked|"
    "figures for|numbers for|the numbers for|"
    "the figures for|are fine|is fine|is enough|are enough|is ok|are ok|is okay|suffices|would do|would help|"
    "sorry for asking|sorry for asking but|pardon question|pardon the question|pardon me|"
    "forgive me|forgive question|"
    "if you please|so please|a quick|a list of|i need to find out|we need to know|we need to see|"
    "want to find out|want to understand|like to understand|would like to find out|need the|in our system|"
    "in our systems|in the system|in our customer database|in the customer database|in our shop database|"
    "in our crm|in the books|in our records|on our records|in total numbers|in numbers|in absolute terms|"
    "in absolute numbers|basically|presently|these days|nowadays|all together|so i can|do you have|"
    "have you got|have we got|did we have|we have got|can you tell me|could you tell me|could you give me|"
    "can you give me|can you show me|could you show me|could you pull|can you pull|can you list|would you mind|"
    "i wonder how|help me understand|help me see|walk me through|remind me|remind me of|bring up|put up|draw|"
    "draw up|draw me|visualise|visualize|print|output|work out|figure out|retrieve|extract|list me|compile|"
    "set out|lay out|prepare|produce a|tabulate|altogether did|in the end|as it stands|as things stand|"
    "as we speak|will do|at all|they|them|gave|i e|that is to say|if that is possible|when you have a minute|"
    "if you have a minute|when you have time|no rush|cheers mate|morning|good day to you|happy to wait"
    "|could somebody tell me|could somebody tell us|could someone tell me|could someone tell us"
    "|could anybody tell me|could anybody tell us|could anyone tell me|could anyone tell us"
    "|can somebody tell me|can somebody tell us|can someone tell me|can someone tell us|can anybody tell me"
    "|can anybody tell us|can anyone tell me|can anyone tell us|does anyone know|does anybody know"
    "|thanks in advance|thank you in advance|on the books"
)
COURTESY = _TEXTS.split("|")
"""Words that cannot change a number. `new`, `net`, `first`, `average`, `only`, `target` are not among them."""


WEAK = frozenset(
    [
        "stored",
        "kept",
        "something",
        "somebody",
        "someone",
        "everything",
        "anything",
        "any",
        "those",
        "these",
        "this one",
        "here",
        "sitting on",
        "the question",
        "is the question",
        "question is",
        "we",
        "us",
        "you",
        "i",
        "so",
        "itself",
        "themselves",
        "we have",
        "we had",
        "there",
        "namely",
        "that is",
        "i e",
        "at all",
        "yet",
        "each time",
        "as per",
        "as such",
        "these ones",
        "those ones",
    ]
)
"""Words that say nothing beside a whole question; left out only when a question is not understood with them."""
WEAK_VERBS = frozenset(
    [
        "give",
        "gives",
        "given",
        "gave",
        "giving",
        "come",
        "comes",
        "came",
        "coming",
        "receive",
        "receives",
        "received",
        "receiving",
        "went",
        "goes",
        "going",
        "got",
        "experience",
        "experienced",
        "face",
        "faced",
        "see",
    ]
)
"""Verbs that say no more than that there was something; they do say something of people: customers who came."""


LEADING = frozenset({"can", "could", "may", "would", "might"})
"""Words that are courtesy only before the question itself: `can we see`, not `how many can we reach`."""


def weak_phrases() -> frozenset[tuple[str, ...]]:
    """Return the words that are left out when a question is not understood with them."""
    return frozenset(stems(tuple(text.split())) for text in (*WEAK, *WEAK_VERBS))


def courtesy_phrases() -> frozenset[tuple[str, ...]]:
    """Return the courtesy phrases, longest first to be dropped."""
    return frozenset(stems(tuple(text.split())) for text in COURTESY)
