"""Hold the word lists that normalising reads: short forms of first names, words of addresses, junk, countries."""

from __future__ import annotations

_SHORT_FORMS = """
albert: al bert bertie
alexander: alex alec sandy sasha xander lex
alexandra: alex sandra sandy sasha lexi
alfred: alf fred alfie
amanda: mandy
andrea: andy andie
andrew: andy drew
angela: angie
anthony: tony
antonio: tony toni
arthur: art artie
barbara: barb babs barbie
beatrice: bea trixie
benjamin: ben benny benji
bernard: bernie
bradley: brad
caroline: carrie caro
cassandra: cassie sandra
catherine: cathy kate katie cath kathy cat
katherine: kathy kate katie kat kathryn
kathleen: kathy kate katie
katrin: kat
charles: charlie chuck chas
charlotte: charlie lottie
christian: chris
christina: tina chris chrissie christine
christine: chris chrissie tina
christopher: chris kit topher
cynthia: cindy
daniel: dan danny
david: dave davy
deborah: deb debbie debra
dominic: dom nick
donald: don donnie
dorothy: dot dottie dolly
douglas: doug
edward: ed eddie ted teddy ned
edgar: ed
eleanor: ellie nell nora
elizabeth: liz beth betty eliza lizzie betsy libby lisa bess elsie
emily: em emmy
emma: em
eugene: gene
evelyn: eve evie
florence: flo florrie
frances: fran francie
francis: frank fran
franklin: frank
frederick: fred freddie
gabriel: gabe
gabrielle: gabby
george: georgie
gerald: gerry jerry
geoffrey: geoff jeff
gregory: greg
harold: harry hal
harriet: harry hattie
henry: harry hank
isabel: bella izzy
isabella: bella izzy
jacob: jake
jacqueline: jackie
james: jim jimmy jamie
janet: jan
jeffrey: jeff
jennifer: jen jenny
jeremy: jerry jez
jessica: jess jessie
joan: joanie
john: jack johnny jon
jonathan: jon jonny
joseph: joe joey
josephine: jo josie
joshua: josh
judith: judy
kenneth: ken kenny
lawrence: larry
leonard: len lenny leo
louis: lou
louise: lou
lucille: lucy
margaret: maggie meg peggy marge margie greta rita
martin: marty
martha: marty
matthew: matt
maximilian: max
maxwell: max
megan: meg
melissa: mel
michael: mike mick mickey
michelle: shelly
miriam: mimi
nathan: nate nat
nathaniel: nate nat nathan
nicholas: nick nicky
nicola: nicky
oliver: ollie
olivia: liv livvy
pamela: pam
patricia: pat patty tricia trish
patrick: pat paddy
peter: pete
philip: phil
phillip: phil
priscilla: cilla
rachel: rach
raymond: ray
rebecca: becky becca bec
richard: rick dick rich ricky richie
robert: bob rob bobby robbie bert
roberta: bobbie robbie
roger: rog
ronald: ron ronnie
samuel: sam sammy
samantha: sam sammy
sandra: sandy
sebastian: seb bastian
stephen: steve steven
steven: steve
stephanie: steph
susan: sue susie suzie
susannah: sue susie
sylvia: syl
teresa: terry tess tessa
terence: terry
theodore: ted teddy theo
theresa: terry tess tessa
thomas: tom tommy
timothy: tim timmy
tobias: toby
valentina: val tina
valerie: val
veronica: ronnie vera
victor: vic
victoria: vicky vicki tori
vincent: vince vinny
virginia: ginny
walter: walt wally
wendy: wen
william: will bill billy liam willie
yvonne: von
zachary: zach zack zac
"""

_SPELLINGS = """
aidan: aiden ayden aden
alan: allan allen
alison: allison alyson
ann: anne anna
annabel: annabelle anabel
brian: bryan
caitlin: kaitlin kaitlyn caitlyn katelyn katelin
carl: karl
chloe: khloe cloe
connor: conor conner
craig: kraig
dianne: diane dian
dylan: dillon dylon
eric: erik
erin: eryn
gareth: garath
garry: gary
graham: graeme grahame
hannah: hanna hana
hayley: hailey haley haylee
jaden: jayden jaiden jaidyn
jasmine: jasmin jazmin yasmin jasmyn
jeffery: jeff jeffrey
juliet: juliette
kayla: kaila kaylah
kelly: kelli kellie
kristen: kristin kristine
kristina: christina tina
lachlan: lachlann lochlan
laurence: larry lawrence
leah: lea lia
lindsay: lindsey
lucas: lukas luke
luis: louis
lynn: lynne lyn
madeline: madeleine madelyn maddie
marc: mark
matilda: tilly mathilda
mohammed: mohamed muhammad mohammad mohamad
natalie: nathalie nat
nicolas: nicholas nick
nicole: nikki nichole
rachael: rachel
sara: sarah
sean: shaun shawn
sofia: sophia sophie
stuart: stewart
tahlia: talia
tracy: tracey
zoe: zoey
"""

TITLES = (
    "mr",
    "mrs",
    "ms",
    "miss",
    "mx",
    "dr",
    "prof",
    "sir",
    "herr",
    "frau",
    "mme",
    "jr",
    "junior",
    "sr",
    "senior",
    "ii",
    "iii",
    "iv",
    "phd",
    "md",
)

STREET_WORDS = tuple(
    """
    street st str strasse road rd avenue ave av lane ln drive dr court ct crescent cres cr place pl boulevard
    blvd circuit cct terrace tce ter close cl way highway hwy parade pde square sq grove gr gardens gdns
    circle cir parkway pkwy rue chemin loop mews rise walk esplanade esp apartment apt unit flat suite ste
    floor fl no number
    """.split()  # noqa: SIM905 - words are read as text
)

JUNK_TEXT = tuple(
    """
    na n/a none null nil unknown unkown unbekannt test tester testing xxx xxxx asdf anonymous anon guest
    customer kunde notavailable notprovided notapplicable noname firstname lastname name dummy sample tbd
    undefined nan missing
    """.split()  # noqa: SIM905 - words are read as text
)

JUNK_MAIL_NAMES = tuple(
    """
    none no noemail nomail noreply donotreply na null nil test tester testing unknown anonymous anon guest
    customer customers email mail noname nobody someone abc asdf xxx info sales office admin contact support
    hello example user dummy fake notprovided notavailable unsubscribe refused declined withheld private blank
    empty missing notgiven noaddress invalid xx x
    """.split()  # noqa: SIM905 - words are read as text
)

JUNK_DOMAINS = ("none", "noemail", "nomail", "noreply", "donotreply", "notprovided", "nowhere", "invalid", "fake")
"""First word of a domain at which nobody has an address; so is an address that repeats it (abc@abc.com) if short."""

JUNK_DIGITS = ("1234567890", "0123456789", "123456789", "12345678", "1234567", "9876543210", "987654321")

PLACEHOLDER_DATES = ("19000101", "19010101", "19700101", "18000101", "99991231", "19111111", "11111111", "18991230")

PROVIDERS_IGNORING_DOTS = ("gmail.com", "googlemail.com")

COUNTRIES = {
    "usa": "US", "unitedstates": "US", "unitedstatesofamerica": "US", "america": "US", "canada": "CA", "can": "CA",
    "uk": "GB", "unitedkingdom": "GB", "greatbritain": "GB", "england": "GB", "scotland": "GB", "wales": "GB",
    "northernireland": "GB", "gbr": "GB", "germany": "DE", "deutschland": "DE", "deu": "DE", "ger": "DE",
    "france": "FR", "fra": "FR", "australia": "AU", "aus": "AU", "newzealand": "NZ", "nzl": "NZ", "ireland": "IE",
    "irl": "IE", "spain": "ES", "espana": "ES", "esp": "ES", "italy": "IT", "italia": "IT", "ita": "IT",
    "netherlands": "NL", "holland": "NL", "nederland": "NL", "nld": "NL", "belgium": "BE", "bel": "BE",
    "switzerland": "CH", "schweiz": "CH", "suisse": "CH", "che": "CH", "austria": "AT", "osterreich": "AT",
    "aut": "AT", "portugal": "PT", "prt": "PT", "sweden": "SE", "sverige": "SE", "swe": "SE", "norway": "NO",
    "norge": "NO", "nor": "NO", "denmark": "DK", "danmark": "DK", "dnk": "DK", "finland": "FI", "suomi": "FI",
    "fin": "FI", "poland": "PL", "polska": "PL", "pol": "PL", "czechia": "CZ", "czechrepublic": "CZ", "cze": "CZ",
    "greece": "GR", "grc": "GR", "turkey": "TR", "turkiye": "TR", "tur": "TR", "russia": "RU", "rus": "RU",
    "ukraine": "UA", "ukr": "UA", "india": "IN", "ind": "IN", "china": "CN", "chn": "CN", "japan": "JP", "jpn": "JP",
    "southkorea": "KR", "korea": "KR", "kor": "KR", "brazil": "BR", "brasil": "BR", "bra": "BR", "mexico": "MX",
    "mex": "MX", "argentina": "AR", "arg": "AR", "chile": "CL", "chl": "CL", "colombia": "CO", "col": "CO",
    "southafrica": "ZA", "zaf": "ZA", "nigeria": "NG", "nga": "NG", "kenya": "KE", "ken": "KE", "egypt": "EG",
    "egy": "EG", "israel": "IL", "isr": "IL", "unitedarabemirates": "AE", "uae": "AE", "are": "AE", "saudiarabia": "SA",
    "sau": "SA", "singapore": "SG", "sgp": "SG", "malaysia": "MY", "mys": "MY", "indonesia": "ID", "idn": "ID",
    "philippines": "PH", "phl": "PH", "thailand": "TH", "tha": "TH", "vietnam": "VN", "vnm": "VN", "pakistan": "PK",
    "pak": "PK", "bangladesh": "BD", "bgd": "BD", "hungary": "HU", "hun": "HU", "romania": "RO", "rou": "RO",
}  # fmt: skip
"""Country as written (letters only) -> ISO 3166 code of two letters. Codes themselves are understood too."""


def name_roots() -> dict[str, list[str]]:
    """Return every short form -> the full names it may stand for; two names agree when they share one."""
    roots: dict[str, set[str]] = {}
    for line in (_SHORT_FORMS + _SPELLINGS.lstrip()).strip().splitlines():
        full, _, shorts = line.partition(": ")
        roots.setdefault(full, set()).add(full)
        for short in shorts.split():
            roots.setdefault(short, {short}).add(full)
    return {name: sorted(of) for name, of in roots.items()}
