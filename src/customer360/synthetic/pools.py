"""Hold the words that invented people are made of. Everybody is synthetic; e-mail domains are reserved for examples."""

# ruff: noqa: SIM905 - a paragraph of names reads better than three hundred quoted words

from __future__ import annotations

COUNTRIES = ("USA", "Canada", "UK", "Germany", "France", "Australia")
CALLING_CODES = ("1", "1", "44", "49", "33", "61")
CITIES: tuple[tuple[str, ...], ...] = (
    ("New York", "Chicago", "Houston", "Phoenix", "Seattle", "Boston", "Denver", "Atlanta", "Portland", "Austin"),
    ("Toronto", "Montreal", "Vancouver", "Calgary", "Ottawa", "Halifax", "Winnipeg", "Quebec City"),
    ("London", "Manchester", "Leeds", "Bristol", "Glasgow", "Cardiff", "Belfast", "Sheffield"),
    ("Berlin", "Hamburg", "Munich", "Cologne", "Leipzig", "Stuttgart", "Dresden", "Bremen"),
    ("Paris", "Lyon", "Marseille", "Nantes", "Lille", "Bordeaux", "Toulouse", "Nice"),
    ("Sydney", "Melbourne", "Brisbane", "Perth", "Adelaide", "Hobart", "Darwin", "Canberra"),
)
REGIONS: tuple[tuple[str, ...], ...] = (
    (
        "New York",
        "Illinois",
        "Texas",
        "Arizona",
        "Washington",
        "Massachusetts",
        "Colorado",
        "Georgia",
        "Oregon",
        "Texas",
    ),
    ("Ontario", "Quebec", "British Columbia", "Alberta", "Ontario", "Nova Scotia", "Manitoba", "Quebec"),
    ("England", "England", "England", "England", "Scotland", "Wales", "Northern Ireland", "England"),
    ("Berlin", "Hamburg", "Bavaria", "North Rhine-Westphalia", "Saxony", "Baden-Wuerttemberg", "Saxony", "Bremen"),
    (
        "Ile-de-France",
        "Auvergne-Rhone-Alpes",
        "Provence-Alpes-Cote d'Azur",
        "Pays de la Loire",
        "Hauts-de-France",
        "Nouvelle-Aquitaine",
        "Occitanie",
        "Provence-Alpes-Cote d'Azur",
    ),
    (
        "New South Wales",
        "Victoria",
        "Queensland",
        "Western Australia",
        "South Australia",
        "Tasmania",
        "Northern Territory",
        "Australian Capital Territory",
    ),
)
"""Region of each city, in the same places."""

POSTCODES = ("99999", "A9A 9A9", "AA9 9AA", "99999", "99999", "9999")
"""Form of a postcode by country: 9 a digit, A a letter."""

STREETS = tuple(
    """
    Abbey Acorn Alder Ash Aspen Bank Baker Beech Birch Bridge Brook Canal Castle Cedar Chapel Cherry Chestnut
    Church Clay College Copper Coral Cypress Dale Dock East Elm Field Forest Fountain Garden Glen Granite
    Grove Harbour Hazel Heath High Hill Holly Iron Ivy Juniper King Lake Laurel Lime Linden Lower Magnolia
    Main Maple Market Meadow Mill Moor North Oak Old Orchard Park Pearl Pine Pond Poplar Quarry Queen Railway
    Ridge River Rose Rowan School Short Silver South Spring Station Stone Sycamore Temple Tower Upper Valley
    Vine Walnut Water West Willow Windmill Wood York
    """.split()
)
STREET_KINDS = (("Street", "St"), ("Road", "Rd"), ("Avenue", "Ave"), ("Lane", "Ln"), ("Drive", "Dr"), ("Court", "Ct"))
EMAIL_DOMAINS = ("mail.example.com", "post.example.org", "inbox.example.net")
PLACEHOLDER_EMAILS = ("none@example.com", "noemail@example.com", "customer@example.com")
"""What clerks type when a customer gives no address: many people carry the same one."""

FIRST_NAMES = tuple(
    """
    Ada Adam Agnes Aidan Alan Alba Albert Alice Alina Amber Amelia Amina Amir Amy Andre Andrea Andrew Angela
    Anita Anna Anton Arjun Arthur Astrid Aurora Axel Barbara Beatrice Bella Benjamin Bernard Bianca Boris
    Brenda Bruno Calvin Camila Carla Carlos Caroline Catherine Cecilia Cedric Charles Charlotte Chloe
    Christian Christina Clara Claude Colin Connor Cora Daisy Daniel Daria David Deborah Denise Dennis Diana
    Diego Dimitri Dominic Dora Douglas Edgar Edith Edward Elena Eli Elisa Elizabeth Ella Elliot Elsa Emil
    Emily Emma Eric Esther Ethan Eva Evelyn Fatima Felix Fernando Fiona Florence Frances Frank Freya Gabriel
    George Gerald Gina Giulia Gloria Grace Graham Greta Gustav Hana Hannah Harold Harriet Harvey Heidi Helen
    Henry Hugo Ian Ida Igor Imani Ingrid Irene Iris Isaac Isabel Ivan Jack Jacob James Jane Janet Jasmine Jean
    Jennifer Jeremy Jessica Joan Joel Johanna John Jonas Jordan Joseph Joshua Joyce Julia Julian June Karen
    Karim Karl Kate Katrin Kenneth Kevin Kira Klaus Laila Lara Laura Lea Leah Leo Leon Leonard Lewis Liam Lily
    Linda Lisa Logan Louis Louise Lucas Lucia Lucy Luis Lydia Magda Malik Marco Margaret Maria Marie Mario
    Mark Marta Martin Mary Mateo Matthew Maud Max Maya Megan Mia Michael Mila Miriam Mohamed Monica Muriel
    Nadia Nathan Neil Nina Noah Nora Norman Oliver Olivia Omar Oscar Owen Pablo Pamela Patricia Patrick Paul
    Paula Pedro Peter Philip Phoebe Quentin Rachel Ralph Ramon Raymond Rebecca Rene Richard Rita Robert
    Roberta Robin Roger Roland Rosa Rose Ruby Rudolf Rupert Ruth Ryan Sabine Sally Samir Samuel Sandra Sara
    Sean Sebastian Selma Serena Simon Sofia Sonia Stella Stephen Susan Sven Sylvia Tamara Tara Teresa Thea
    Theodore Thomas Tilda Timothy Tobias Uma Ursula Valentina Vera Veronica Victor Victoria Vincent Viola
    Walter Wanda Wendy William Yara Yasmin Yusuf Yvonne Zara Zoe
    """.split()
)
LAST_NAMES = tuple(
    """
    Abbott Adler Ahmed Alvarez Anders Archer Ashby Atkins Bailey Baker Banerjee Barlow Barnes Bauer Becker
    Bennett Berger Bishop Blake Bloom Bosch Bowen Bradley Brandt Brennan Brooks Bruce Burke Byrne Caldwell
    Campos Carlson Carter Castro Chandler Chapman Chen Clarke Clement Cole Collins Conrad Cooper Costa Crane
    Cruz Curtis Dalton Davies Dawson Delgado Dietrich Dixon Doyle Drake Dubois Dunn Eaton Ebert Eklund Elliott
    Ellis Engel Evans Faber Farrell Ferguson Fernandes Fischer Fleming Fletcher Foster Fournier Fox Francis
    Frank Frost Fuchs Fuller Garcia Gardner Garnier Gibson Gill Goodwin Gordon Graf Grant Greene Griffin Haas
    Hale Hamilton Hansen Harper Hart Hayes Heath Hein Henderson Herrera Hoffmann Holland Holmes Horn Howard
    Hudson Hughes Hunter Ibrahim Ingram Iqbal Jackson Jansen Jenkins Jensen Johansson Jones Joshi Kaiser
    Kaplan Keller Kelly Kennedy Khan Kim Kirby Klein Knight Koch Kowalski Kramer Kruger Kumar Lambert Lang
    Larsen Lawson Leclerc Lee Lehmann Lindgren Lopez Lowe Ludwig Lund Maier Malik Mann Marsh Martel Martin
    Mason Mendez Mercer Meyer Miles Miller Mitchell Moreau Moreno Morgan Moss Muller Murphy Nakamura Nash
    Neumann Newman Nguyen Nielsen Nolan Norris Novak Oakley Okafor Olsen Ortega Osborne Otto Palmer Parker
    Patel Pearce Pereira Perry Petit Phillips Pohl Porter Powell Price Quinn Rahman Ramirez Rao Reed Reid
    Reyes Rhodes Richter Rivera Roberts Robin Roche Rossi Roth Rowe Russell Ryan Saito Sanders Santos Sato
    Sauer Schafer Schmidt Schneider Schulz Scott Serrano Sharma Shaw Silva Simon Singh Sloan Sommer Spencer
    Stein Stewart Stone Strauss Sullivan Suzuki Tanaka Taylor Thomas Thorne Torres Tucker Turner Vargas Vaughn
    Vogel Wagner Walker Walsh Walter Ward Watson Weber Webster Weiss Wells Werner West Wheeler White Wilson
    Winkler Winter Wolf Wong Wood Wright Yamada Yates Yilmaz Young Zhang Ziegler Zimmer
    """.split()
)
NICKNAMES = {
    "Andrew": "Andy",
    "Anthony": "Tony",
    "Barbara": "Barb",
    "Benjamin": "Ben",
    "Catherine": "Kate",
    "Charles": "Charlie",
    "Christian": "Chris",
    "Christina": "Tina",
    "Daniel": "Dan",
    "David": "Dave",
    "Deborah": "Deb",
    "Dominic": "Dom",
    "Douglas": "Doug",
    "Edward": "Ed",
    "Elizabeth": "Liz",
    "Gabriel": "Gabe",
    "Gerald": "Gerry",
    "Harold": "Harry",
    "Jacob": "Jake",
    "James": "Jim",
    "Jennifer": "Jen",
    "Jeremy": "Jerry",
    "Jessica": "Jess",
    "Joseph": "Joe",
    "Joshua": "Josh",
    "Katrin": "Kat",
    "Kenneth": "Ken",
    "Leonard": "Len",
    "Margaret": "Maggie",
    "Matthew": "Matt",
    "Michael": "Mike",
    "Nathan": "Nate",
    "Pamela": "Pam",
    "Patricia": "Pat",
    "Patrick": "Paddy",
    "Peter": "Pete",
    "Philip": "Phil",
    "Raymond": "Ray",
    "Rebecca": "Becky",
    "Richard": "Rick",
    "Robert": "Bob",
    "Samuel": "Sam",
    "Sebastian": "Seb",
    "Stephen": "Steve",
    "Susan": "Sue",
    "Teresa": "Terry",
    "Theodore": "Ted",
    "Thomas": "Tom",
    "Timothy": "Tim",
    "Valentina": "Val",
    "Victoria": "Vicky",
    "Vincent": "Vince",
    "Walter": "Walt",
    "William": "Will",
}


def typos(word: str) -> tuple[str, str, str]:
    """Return three ways to mistype a word: two letters swapped, one left out, one doubled."""
    middle = len(word) // 2
    swapped = word[: middle - 1] + word[middle] + word[middle - 1] + word[middle + 1 :]
    return swapped, word[:middle] + word[middle + 1 :], word[:middle] + word[middle] + word[middle:]
