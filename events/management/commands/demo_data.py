"""Invented events in bulk, for a first look at the site and for measuring it. Every name and address is made up."""

import itertools
import random
from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

from django.contrib.contenttypes.models import ContentType
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify
from tqdm import tqdm

from collectives.models import Collective
from events.models import Area, Comment, Event, Tag, Venue, start_of
from moderation.models import Deed, ModerationAction, QueueEntry, Status

BATCH = 2_000
FEW = 500  # Up to here the events are a programme to look at; above, a history to measure with.

COLLECTIVES = {
    "Marsh Lane Tenants": "Renters of four estates and one very damp mansion block. We read contracts, go along to "
    "hearings and knock on doors, in that order of fear.",
    "The Slow Spanner": "A bike workshop run by people who used to be afraid of brakes. You do the work, we hold "
    "the frame.",
    "Nettle & Dock": "A garden on the site of a car park that nobody missed. Gates open whenever somebody is weeding.",
    "Ladle Brigade": "We cook what the market cannot sell and eat it with whoever comes. No forms, no questions, "
    "second helpings.",
    "Loose Canon Choir": "Forty voices, no auditions, one tuning fork. Songs of work, weather and disobedience.",
    "The Second Reel": "A film club with folding chairs and strong opinions. Talk afterwards is half the programme.",
    "Mend & Make Do": "Toasters, trousers, lamps and laptops, brought back from the dead by volunteers with "
    "magnifying glasses.",
    "Margin Readers": "We read one chapter at a time and argue in good faith. Coming without having read it is "
    "a tradition.",
    "Towpath Assembly": "Neighbours on both sides of the canal who decide things together, slowly and on the record.",
    "Wrong Notes": "Gigs for good causes in rooms with bad acoustics. The door goes to the cause, all of it.",
    "Babel Tables": "Swap a language for a language over tea. Grammar is optional, biscuits are not.",
    "Red Thread": "Banner makers since the great bedsheet shortage. We have paint, poles and a spelling rota.",
    "Night Bus Solidarity": "Cleaners, couriers and kitchen porters who meet after work, which is when others go "
    "to bed.",
}

# Name, street, area with its postcode district.
VENUES = [
    ("The Old Laundry", "14 Mangle Street", "Hackney", "E8"),
    ("Pigeon Loft Social Centre", "3 Tallow Yard", "Whitechapel", "E1"),
    ("St Osyth's Hall", "Candle Road", "Peckham", "SE15"),
    ("The Boiler House", "Unit 9, Ropewalk Arches", "Bermondsey", "SE16"),
    ("Thistle Row Community Centre", "22 Thistle Row", "Tottenham", "N17"),
    ("The Signal Box", "71 Junction Parade", "Brixton", "SW9"),
    ("Nettle & Dock Garden", "Behind 40 Weir Street", "Dalston", "E8"),
    ("The Quiet Woman", "108 Ferry Road", "Deptford", "SE8"),
    ("Lantern Library", "5 Almanac Square", "Walthamstow", "E17"),
    ("Tiler's Yard", "Gate 2, Kiln Lane", "Lewisham", "SE13"),
    ("The Common Room", "61 Halfpenny Lane", "Camden", "NW1"),
    ("Gasworks Canteen", "Holder Street", "King's Cross", "N1"),
    ("Lock Keeper's Shed", "Towpath by Mare Lock", "Bow", "E3"),
    ("Unity Bowling Club", "Green Approach", "Wood Green", "N22"),
    ("The Print Shed", "Railway Arch 212", "Loughborough Junction", "SE5"),
    ("Harbour Street Mission", "90 Harbour Street", "Limehouse", "E14"),
    ("The Tin Tabernacle", "17 Chapel Mews", "Kilburn", "NW6"),
    ("Weavers' Basement", "33 Shuttle Street", "Bethnal Green", "E2"),
]

PEOPLE = [
    "Amina", "Bartek", "Cleo", "Dilek", "Edie", "Farouk", "Grace O.", "Hester", "Ines", "Jonty", "Kofi", "Lupe",
    "Maureen", "Nia", "Oskar", "Parveen", "Quentin", "Rosa", "Samir", "Tomasz", "Ursula", "Vee", "Win", "Yusuf",
    "a neighbour", "the woman with the ladder", "third floor, left",
]  # fmt: skip


class Kind(NamedTuple):
    hosts: tuple[str, ...]
    tags: tuple[str, ...]
    hours: tuple[str, ...]
    minutes: int
    acts: tuple[tuple[str, str], ...]  # title and summary
    texts: tuple[str, ...]


TENANTS = Kind(
    ("Marsh Lane Tenants",),
    ("Housing", "Unions"),
    ("18:30", "19:00"),
    120,
    (
        ("Know your landlord's weak points", "What a landlord must do, by when, and what happens when he does not."),
        ("Damp: a guided tour", "Three flats, one surveyor and a moisture meter. Wear shoes that can take it."),
        ("Section 21 clinic", "Bring the letter, unopened if you must. We open it together."),
        ("Rent strike history for beginners", "Glasgow 1915, Kirkby 1972 and what your grandmother never told you."),
        ("Door-knocking for shy people", "We practise in pairs, then do one staircase. Tea on the top landing."),
        ("Deposit rescue evening", "Over two hundred deposits came home last year. Yours may be next."),
        ("Estate ballot: how to read the small print", "Forty pages of offer document, four pages of English."),
    ),
    (
        "<p>Nobody wins alone against a letting agent with a legal department. <strong>Bring your tenancy "
        "agreement</strong>, your photographs and, if you have one, the neighbour who remembers what was promised "
        "in 2011.</p>",
        "<p>Two caseworkers and a retired housing officer are there all evening. What they cannot answer goes on the "
        "wall, and the wall gets answered by e-mail within the week.</p>",
        "<p>We work like this:</p>\n<ul>\n<li>you tell it once, to one person;</li>\n<li>we write it down in your "
        "words;</li>\n<li>you decide what happens next.</li>\n</ul>",
    ),
)
REPAIR = Kind(
    ("Mend & Make Do",),
    ("Repair", "Workshops"),
    ("11:00", "13:00", "14:00"),
    180,
    (
        ("Repair café: toasters to the front", "Bring what broke. It leaves working, or at least understood."),
        ("Trouser hospital", "Knees, zips and hems, with four sewing machines and one very patient tailor."),
        ("Solder on", "Headphones, lamps and that radio from the loft. First burn is free, plasters provided."),
        ("Laptop second wind", "A new battery and a free operating system for machines that shops call dead."),
        ("Sharpening day: knives, shears, scythes", "Blades wrapped in newspaper, please, and carried with dignity."),
        ("Darn it all", "Visible mending for jumpers with character. Wool in every colour but beige."),
        ("Clock doctor", "Mantelpiece, cuckoo or alarm: she listens to it for a minute and then she knows."),
    ),
    (
        "<p>You sit next to the person who repairs and hold the torch. That is the rule: <em>we repair with you, not "
        "for you</em>. Most things need a fuse, a thread or a kind word.</p>",
        "<p>Last time 31 things came in and 26 went home working. The five others taught us something about planned "
        "obsolescence and gave their screws to science.</p>",
        "<p>Please leave microwaves at home, because their insides bite. For everything else, first come, first "
        "served; numbers are handed out at the door.</p>",
    ),
)
GIG = Kind(
    ("Wrong Notes", "Night Bus Solidarity"),
    ("Music", "Benefit"),
    ("19:30", "20:00", "20:30"),
    210,
    (
        ("Benefit gig: three bands, one amplifier", "For the strike fund. Loud, short sets and a tombola."),
        ("Ska for the hardship fund", "Brass in a small room. Bring dancing shoes and change for the bucket."),
        ("Punk matinee, home by ten", "All ages and all abilities, pogo at the front, prams at the back."),
        ("Ceilidh against the cuts", "Every dance is called, every mistake applauded."),
        ("Accordion night", "Eleven accordions. You have been told."),
        ("Songs from the picket line", "Old words, new verses. The people who wrote them are singing."),
        ("Dub in the boiler room", "A sound system built from a wardrobe. Earplugs behind the bar."),
    ),
    (
        "<p>Five pounds or what you can. <strong>All of the door goes to the cause</strong>; the bands play for soup, "
        "the soup is made by the bands that are not playing.</p>",
        "<p>Doors half an hour before. The last band finishes in time for the last train, because our drummer "
        "drives it.</p>",
        "<p>There is a quiet room with a door that shuts, a step-free way in through the yard, and someone in a "
        "yellow hat to ask about both.</p>",
    ),
)
READING = Kind(
    ("Margin Readers",),
    ("Books", "Ideas"),
    ("18:30", "19:00", "19:30"),
    120,
    (
        ("Reading group: the chapter on weather", "Nine pages this time. The chair has promised to keep it to nine."),
        ("Kropotkin for commuters", "Mutual Aid in twenty-minute portions. Pamphlets at the door."),
        ("Poems nobody taught us", "Each of us brings one and reads it twice."),
        ("The footnotes reading group", "We skip the book and read what the author hid at the bottom."),
        ("Utopias, cheap and expensive", "William Morris, Ursula Le Guin and the estate agent's brochure."),
        ("Silent book hour, loud tea hour", "First we do not talk. Then there is no stopping us."),
        ("Radical history walk, sitting down", "The whole route, with slides, for feet that have walked enough."),
    ),
    (
        "<p>New people are welcome at any chapter. There are copies to borrow, a large-print one too, and somebody "
        "sums up what happened so far in under five minutes.</p>",
        "<p>We go round once so that everybody has spoken, and after that it is a free-for-all with a list of "
        "speakers.</p>",
        "<blockquote><p>“The point is not to have read it. The point is to have been annoyed by it together.”</p>"
        "</blockquote>\n<p>(from our minutes)</p>",
    ),
)
FILM = Kind(
    ("The Second Reel",),
    ("Film",),
    ("19:00", "19:30", "20:00"),
    150,
    (
        ("Film night: the strike that was filmed twice", "A documentary, and the documentary about it."),
        ("Shorts from the allotment", "Seven films under ten minutes, one of them about slugs, all with subtitles."),
        ("Open reel", "Bring a film of up to five minutes, on anything. We own every kind of cable."),
        ("Lost London on 16 mm", "Docks, trams and a parade nobody can date. Perhaps you can."),
        ("Subtitles: a love story", "One melodrama, three translations, and the translators in the room."),
        ("Midsummer horror, in any season", "Chosen by ballot. The ballot was close and there were accusations."),
        ("Cinéma militant : images et débat", "Un film, deux heures de discussion, du vin. In French, whispered help."),
    ),
    (
        "<p>Chairs fold out from half past. The film starts when the projector agrees, which has never been more than "
        "ten minutes late.</p>",
        "<p>Afterwards the people who made it, or the people it was made about, answer questions. <em>Statements "
        "with a question mark at the end</em> are limited to one per row.</p>",
        "<p>English subtitles throughout, an induction loop in the first four rows, and popcorn with too much "
        "salt.</p>",
    ),
)
CHOIR = Kind(
    ("Loose Canon Choir",),
    ("Music", "Singing"),
    ("18:00", "18:30", "19:00"),
    90,
    (
        ("Choir rehearsal, newcomers to the altos", "No auditions. If you can hum on a bus you can do this."),
        ("Rounds and canons by ear", "Sixteen bars, four parts, no paper."),
        ("Singing for people told not to", "Whoever told you was wrong, and we would like their name."),
        ("Shape-note singing, all sharp corners", "Loud, square and joyful. Nobody listens; everybody sings."),
        ("Carols of discontent", "Tunes you know with words you will want to."),
        ("Busk for the boiler", "We sing outside until there is heating inside."),
    ),
    (
        "<p>We warm up for ten minutes, learn two songs by heart and end with one that everybody knows. Standing up "
        "is optional. So is the low E.</p>",
        "<p>Basses wanted, as ever. Tenors wanted more than they know.</p>",
        '<p>The words are at <a href="https://choir.example.org/words">choir.example.org/words</a>, in type that can '
        "be read without glasses.</p>",
    ),
)
GARDEN = Kind(
    ("Nettle & Dock",),
    ("Gardens", "Food"),
    ("10:00", "10:30", "11:00"),
    180,
    (
        ("Weeding and gossip", "Bring gloves. The bindweed is winning and we know all about everyone."),
        ("Compost: the advanced class", "Turning, sniffing and arguing about eggshells."),
        ("Seed swap", "Two for two. Unlabelled packets go to the optimists' table."),
        ("Pond dipping for all ages", "Newts, if they feel like it. Nets and jam jars are here."),
        ("Apple press day", "Bring apples and bottles, take home juice. Wasps have been informed."),
        ("Guerrilla bulbs", "We plant the verge that the council forgot. Meet by the bench, dress like nobody."),
        ("Plot 14 needs a shed", "Timber, screws and eight people who can hold things straight."),
    ),
    (
        "<p>Tools are in the green container and the code is on the inside of the door, which is a joke we shall "
        "explain. Children welcome, dogs on leads, cockerels by arrangement.</p>",
        "<p>Work until we are hungry, then soup from whatever was too big, too bent or too many.</p>",
        "<p>The paths are level and firm up to the pond. There are two beds at wheelchair height and a bench every "
        "twenty metres, because gardening is mainly sitting down.</p>",
    ),
)
BIKES = Kind(
    ("The Slow Spanner",),
    ("Bikes", "Workshops"),
    ("12:00", "14:00", "18:00"),
    180,
    (
        ("Fix your own bike, slowly", "Stands, tools and someone who has made every mistake already."),
        ("Puncture school", "From hiss to hero in forty minutes."),
        ("Women and non-binary workshop night", "A closed workshop with an open kettle."),
        ("Wheel truing, an evening of patience", "Quarter turns only. Talking to the spokes is allowed."),
        ("Build a cargo trailer from a bed", "Two old bed frames go in, one trailer comes out."),
        ("Bike auction with terrible puns", "Twenty rescued bikes and an auctioneer who cannot be stopped."),
        ("Warsztat rowerowy po polsku", "Naprawiamy razem, mówimy po polsku, pijemy herbatę."),
    ),
    (
        "<p>Bring the bike, even if it comes in a bag. Used parts cost what you can give; new cables and tubes cost "
        "what they cost us.</p>",
        "<p>How it works:</p>\n<ol>\n<li>Put your name on the board.</li>\n<li>Get a stand and somebody to ask.</li>\n"
        "<li>Put the tools back where their outline is.</li>\n</ol>",
        "<p><strong>No drop-offs.</strong> If you are not getting your hands dirty you are in the wrong workshop, "
        "although we do need somebody to make the tea.</p>",
    ),
)
LANGUAGES = Kind(
    ("Babel Tables",),
    ("Languages",),
    ("17:30", "18:00", "19:00"),
    120,
    (
        ("Language exchange: one table each", "Eleven tables, eleven flags made of felt. Swap at the bell."),
        ("Mesa de castellano y tortilla", "Hablamos despacio. La tortilla, en cambio, desaparece rápido."),
        ("Türkçe konuşma ve çay", "Yeni başlayanlar da gelsin. Çay sınırsız, dilbilgisi sınırlı."),
        ("বাংলা আড্ডা", "চা, গল্প আর একটু ব্যাকরণ। শিক্ষার্থীরাও আসুন।"),
        ("普通话角：喝茶聊天", "初学者也欢迎。我们慢慢说，茶水免费。"),
        ("English for arguing with the council", "Polite, firm and in writing. We practise on a real form."),
        ("British Sign Language for neighbours", "Names, tea, bins, bus: enough for a first chat over the fence."),
        ("Welsh in a hurry", "Mutations explained with custard creams. Croeso i bawb."),
    ),
    (
        "<p>Half an hour in your language, half an hour in mine. A bell rings when it is time to be the one who does "
        "not understand.</p>",
        "<p>There are picture cards for the wordless, dictionaries for the stubborn and children's books for "
        "everybody.</p>",
        "<p>Free, as always. If you would like to host a table for a language that has none, tell us before and we "
        "shall find the felt.</p>",
    ),
)
ASSEMBLY = Kind(
    ("Towpath Assembly", "Marsh Lane Tenants"),
    ("Assemblies", "Neighbourhood"),
    ("18:30", "19:00"),
    150,
    (
        ("Neighbourhood assembly", "One agenda, written on the spot. Childcare in the next room."),
        ("Who owns the towpath?", "Maps, deeds and a man who has walked it since 1964."),
        ("Budget in the open", "What the ward gets, what it spends, and who was asked."),
        ("Assembly on the market square", "The traders speak first. Then we find out what the developer means."),
        ("Facilitation for people who interrupt", "Hand signals, rounds and the art of biting your tongue."),
        ("Street meeting: the crossing at Weir Street", "Forty metres, one school, no lights. Bring a chair."),
    ),
    (
        "<p>Anybody who lives, works or waits for buses here can put something on the agenda. Decisions are by "
        "consent; if we cannot agree we say so in the minutes and sleep on it.</p>",
        '<p>Minutes of the last one: <a href="https://assembly.example.org/minutes" title="Minutes">'
        "assembly.example.org/minutes</a>. The shouting has been left out but the reasons are there.</p>",
        "<p>Interpreters in Turkish, Somali and British Sign Language are booked. Other languages: write to us three "
        "days before and we try.</p>",
    ),
)
BANNERS = Kind(
    ("Red Thread",),
    ("Making", "Protest"),
    ("14:00", "17:30", "18:00"),
    150,
    (
        ("Banner painting, spelling checked", "Bring a slogan of at most five words. Six is a novel."),
        ("Patchwork placards", "Sewn, stuffed and washable, for protests in any weather."),
        ("Giant puppet workshop", "We have the head. We need arms, a coat and six people to carry him."),
        ("Screen printing: last shirts", "Bring a shirt that deserves another chance."),
        ("Drums from buckets", "A samba band begins with a lid. Ear defenders are here."),
        ("Letters by hand", "Sign-writing brushes and enamel paint. Serifs for those who dare."),
    ),
    (
        "<p>Sheets, poles and paint are here. Wear what may become red. Children get their own wall.</p>",
        "<p>We follow one rule: it must be readable from the top deck of a bus. Somebody stands on the bus stop bench "
        "and says when it is.</p>",
        "<p>Drying takes a night, so collect your work from the shed any day after four, or leave it for somebody "
        "braver.</p>",
    ),
)
KITCHEN = Kind(
    ("Ladle Brigade",),
    ("Food", "Mutual aid"),
    ("12:00", "12:30", "18:00"),
    150,
    (
        ("Pay-what-you-like lunch", "Three pots, one of them without anything anybody is allergic to."),
        ("Chop with us", "Forty kilos of surplus vegetables and a queue of knives. Aprons provided."),
        ("Soup and letters", "Eat, then write to somebody inside. Stamps are on us."),
        ("Pickle everything", "Cabbage, carrots and regrets. Bring jars with lids that fit."),
        ("Dumpling summit", "Pierogi, momo, gyoza, kreplach: delegates fold for peace."),
        ("Dayanışma sofrası", "Herkese açık, herkese yeter. A solidarity table, open to all."),
        ("Bread for the whole stairwell", "We light the oven at ten. Bring dough, or hands."),
    ),
    (
        "<p>The food comes from two markets, one bakery and the allotments behind the railway. It is vegetarian "
        "always and vegan mostly, and the labels on the pots are honest.</p>",
        "<p>Come early to cook, on time to eat, late to wash up. <strong>Nobody has to explain why they are "
        "here.</strong></p>",
        "<p>Take a box home. Really, take two.</p>",
    ),
)
WORK = Kind(
    ("Night Bus Solidarity",),
    ("Unions", "Work"),
    ("17:00", "18:00", "21:00"),
    120,
    (
        ("Payslip surgery", "Bring three months of payslips. We bring a calculator and a barrister."),
        ("Couriers' breakfast at midnight", "Porridge, gossip from the app, and what the court just said."),
        ("How to start a union by accident", "Five workplaces tell how it began with a broken kettle."),
        ("Cleaners' assembly", "En español, português and English, at an hour that suits the night shift."),
        ("Picket at the gate: bring pastries", "Two hours, dry socks and a megaphone with new batteries."),
        ("Whistle-blowing without going deaf", "What the law protects, what it only says it protects."),
    ),
    (
        "<p>What is said in the room stays there. No employers, no recordings, no first names on the flip chart.</p>",
        "<p>If your shift ends later, come later: somebody stays until the last person has been heard and the last "
        "bus has not quite gone.</p>",
        "<p>We have rota templates, model letters and a cupboard full of precedents. Read more at "
        '<a href="https://nightbus.example.org/rights">nightbus.example.org/rights</a>.</p>',
    ),
)
SKILLS = Kind(
    ("Mend & Make Do", "Towpath Assembly", "Night Bus Solidarity"),
    ("Workshops", "Skills"),
    ("11:00", "14:00", "18:30"),
    150,
    (
        ("First aid for demonstrations", "Sprains, heat, panic and pepper. Two medics, one dummy called Nigel."),
        ("Phones, but quieter", "An hour of settings that stop your telephone telling on you."),
        ("Legal observers: first training", "What to write down, what never to write down, and a bright bib."),
        ("Make a radio programme by teatime", "Record at two, cut at three, on air at five."),
        ("Knots for banners, boats and prams", "Seven knots are enough for a life. We do five."),
        ("Spreadsheets for treasurers", "Sums that add up in front of an angry meeting."),
        ("Bust card origami", "Fold it once and it fits where you will find it."),
    ),
    (
        "<p>No knowledge needed and none assumed. Everything is shown twice, once slowly, and there is a sheet to take "
        "home.</p>",
        "<p>Places: twenty. If it fills up we do it again, which is what happened the last four times.</p>",
        "<h3>Bring</h3>\n<ul>\n<li>something to write with</li>\n<li>a question you think is silly</li>\n<li>lunch, or "
        "an appetite for ours</li>\n</ul>",
    ),
)
STAGE = Kind(
    ("Wrong Notes", "Loose Canon Choir", "Babel Tables"),
    ("Words", "Stage"),
    ("19:00", "19:30", "20:30"),
    120,
    (
        ("Open mic, closed bar", "Five minutes each and a gong. Elderflower only."),
        ("أمسية شعر وموسيقى", "شعر بالعربية والإنجليزية، وعود في الاستراحة. الدخول مجاني."),
        ("Ρεμπέτικα στο υπόγειο", "Μπουζούκι, μπαγλαμάς και πολλές καρέκλες. Songs translated on a blackboard."),
        ("Noite de fado e caldo verde", "Três vozes, uma guitarra, uma panela grande."),
        ("Storytelling for grown-ups", "No notes, no slides, no morals. Ghosts by request."),
        ("Forum theatre: the landlord's son", "You may stop the play, walk on and do it better."),
        ("Puppets after dark", "Not for children, although they would understand it."),
    ),
    (
        "<p>Names go on a list by the door. Those who have never done it go first, when the audience is at its "
        "kindest.</p>",
        "<p>Bring a cushion: the chairs were given to us by a school, and the school knew why.</p>",
        "<p>Pay nothing, pay something, pay for the person behind you.</p>",
    ),
)
OUTDOORS = Kind(
    ("Nettle & Dock", "The Slow Spanner", "Towpath Assembly"),
    ("Walks", "Outdoors"),
    ("10:00", "11:00", "13:00"),
    150,
    (
        ("Bat walk with borrowed detectors", "They are there every dusk, shouting. Now you can hear it."),
        ("Buried rivers: following the Hackney Brook", "Along a stream you cannot see, ear to the drain covers."),
        ("Litter pick with prizes", "Last time: a tuba. Gloves and grabbers are here."),
        ("Slow ride to the sea wall", "Nine miles, four stops, one ice cream. Nobody is left behind."),
        ("Mushrooms: look, do not lick", "A walk with somebody who has survived forty autumns."),
        ("Trees of one street, by name", "Sixty-two planes, one ginkgo and a scandal."),
    ),
    (
        "<p>We go at the pace of the slowest and the interest of the most curious. It rains or it does not; we go.</p>",
        "<p>The route is flat and step-free but for one kerb, over which we carry whoever likes to be carried.</p>",
        "<p>Meet at the gate. Look for the umbrella with the <strong>green</strong> duck.</p>",
    ),
)
KINDS = [
    TENANTS, REPAIR, GIG, READING, FILM, CHOIR, GARDEN, BIKES, LANGUAGES, ASSEMBLY, BANNERS, KITCHEN, WORK, SKILLS,
    STAGE, OUTDOORS,
]  # fmt: skip

CLOSINGS = [
    "<p>Step-free entrance and an accessible toilet. Tell us what else you need and we shall try.</p>",
    "<p>Free. If you have money, there is a jar; if you have none, there is a jar of biscuits.</p>",
    "<p>Buses stop outside. If you come by car, you will have a long time to think about it while you park.</p>",
    "<p>Children are welcome and will be given something to do with glue.</p>",
    "<p>Organised by volunteers: <em>if it starts late, it is because somebody is still at work.</em></p>",
    "<p>Please stay at home if you are ill. We shall save you a leaflet and, where possible, cake.</p>",
]

# By anybody, and by whoever puts it on.
ADDITIONS = [
    "<p>The lift is being repaired. Use the ramp in the yard, and mind the geese.</p>",
    "<p>I went last time. Come ten minutes early or stand at the back with me.</p>",
    "<p>The 243 is on diversion: get off at the library and walk through the park.</p>",
    "<p>Does anybody want to share a cargo bike from Bow? I bring it, you pedal.</p>",
    "<p>There is a hearing loop in the front room. Ask at the door, they forget to switch it on.</p>",
    "<p>We have room for two more children in the crèche.</p>",
]
ANSWERS = [
    "<p>We start half an hour later than announced: the key is in Walthamstow.</p>",
    "<p>Thank you all. We have enough cake now; <strong>please bring cups.</strong></p>",
    "<p>It is the side door, not the front. There will be a paper arrow.</p>",
]

HIDING_REASONS = ["Advertising", "A private person's address", "Posted twice", "Not an event"]


class Act(NamedTuple):
    """One of the events that make the first pages worth looking at. `day` counts from today."""

    day: int
    clock: str
    minutes: int
    kind: Kind
    title: str
    summary: str
    status: Status = Status.PUBLISHED


HOURS, DAYS = 60, 24 * 60
PROGRAMME = [
    Act(
        0, "19:00", 150, ASSEMBLY,
        "The library stays open: assembly",
        "The council votes in nine days. We meet in the reading room to decide what happens on the tenth.",
        Status.FEATURED,
    ),
    Act(
        0, "19:00", 140, FILM,
        "Forty Winters on the Night Shift",
        "Hospital porters film each other for a year. The porters are coming, straight from work.",
    ),
    Act(
        -9, "10:00", 20 * DAYS + 8 * HOURS, SKILLS,
        "Exhibition: Badges, 1968 to last week",
        "Four thousand opinions, each an inch wide. Bring one, and take one that you disagree with.",
    ),
    Act(
        0, "22:00", 5 * HOURS, GIG,
        "All-nighter for the legal fund",
        "Seven selectors and a strict door policy: everybody. It ends when the first buses run.",
    ),
    Act(
        -1, "18:00", 48 * HOURS, KITCHEN,
        "48 hours on the town hall steps",
        "Round the clock, with soup at every hour that ends in nought. Come at four in the morning, when it counts.",
    ),
    Act(
        0, "17:30", 2 * HOURS, BANNERS,
        "Paint now, march later",
        "Last chance for wet paint before the weekend. We still need a word that rhymes with “austerity”.",
        Status.PROMOTED,
    ),
    Act(
        0, "10:30", 150, GARDEN,
        "Tomatoes without a greenhouse",
        "South walls, old windows and optimism. Seedlings for everybody who can name theirs.",
    ),
    Act(
        0, "18:00", 90, CHOIR,
        "Sing the small ads",
        "We set this week's noticeboard to music. Lost cats are in D minor.",
    ),
    Act(
        0, "20:30", 2 * HOURS, STAGE,
        "شاي وحكايات: ليلة للحكّائين",
        "حكايات قصيرة بالعربية مع ترجمة همسًا. Short tales over tea, with whispered English.",
    ),
    Act(
        0, "12:30", 2 * HOURS, KITCHEN,
        "Lunch for whoever is around",
        "Dal, bread and yesterday's crumble. Sit next to somebody you have only ever nodded to.",
    ),
    Act(
        8, "11:00", 7 * HOURS, OUTDOORS,
        "Ferry Road street party, no cars, one donkey",
        "Six hundred metres without engines. Trestle tables, three stages and a donkey with a union card.",
        Status.FEATURED,
    ),
    Act(
        3, "19:30", 2 * HOURS, TENANTS,
        "Bailiffs: what they may and may not do",
        "A duty solicitor, a locksmith and two families who said no. Bring a friend who rents.",
        Status.PROMOTED,
    ),
    Act(
        15, "14:00", 4 * HOURS, REPAIR,
        "The great East London mend-in",
        "Nine repair cafés under one roof. Somebody there can fix it, and there will be a brass band while you wait.",
        Status.PROMOTED,
    ),
    Act(
        19, "17:00", 2 * DAYS + 1 * HOURS, WORK,
        "Weekend school: power at work",
        "Three days, bunk beds and a crèche. Learn to bargain from people who have done it in three languages.",
    ),
]  # fmt: skip


class Command(BaseCommand):
    help = (
        "Makes invented events with additions, collectives, tags and areas: "
        "the same ones for the same seed on the same day."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--events", type=int, default=60, help="how many (60)")
        parser.add_argument("--seed", type=int, default=1, help="another number makes another programme (1)")

    def handle(self, *args: Any, events: int, seed: int, **options: Any) -> None:
        if events < 0:
            raise CommandError("--events cannot be negative.")
        programme = Programme(events, seed)
        with tqdm(total=events, unit=" events", disable=None) as progress:
            remaining = programme.events()
            while batch := list(itertools.islice(remaining, BATCH)):
                programme.store(batch)
                progress.update(len(batch))
        self.stdout.write(f"Made {events} events.")


class Draft(NamedTuple):
    event: Event
    tags: tuple[str, ...]
    area: str


class Programme:
    """The events of one run. Only a batch of them is in memory at a time."""

    def __init__(self, number: int, seed: int) -> None:
        self.number = number
        self.random = random.Random(seed)  # noqa: S311 (the same numbers for the same seed are what is wanted)
        # Numbers of their own, so that the events of a seed do not depend on what is said about them.
        self.random_comments = random.Random(seed)  # noqa: S311
        self.today = timezone.localdate()
        self.midnight = start_of(self.today).astimezone(UTC)
        self.zone = timezone.get_current_timezone()
        self.collectives = {name: self._collective(name) for name in COLLECTIVES}
        self.tags = {
            tag.name: tag.pk for tag in Tag.objects.named(sorted({tag for kind in KINDS for tag in kind.tags}))
        }
        self.areas = {area.name: area.pk for area in Area.objects.named(sorted({venue[2] for venue in VENUES}))}
        self.acts = [(kind, title, summary) for kind in KINDS for title, summary in kind.acts]
        self.queue: list[tuple[Kind, str, str]] = []

    def events(self) -> Iterator[Draft]:
        programme = PROGRAMME[: self.number]
        for act in programme:
            starts = self._instant(self.today + timedelta(days=act.day), act.clock)
            yield self._draft(act.kind, act.title, act.summary, starts, act.minutes, act.status)
        upcoming = round(self.number * (0.7 if self.number <= FEW else 0.1)) - len(programme)
        for number in range(self.number - len(programme)):
            is_upcoming = number < upcoming
            kind, title, summary = self._next_act()
            day = self.today + timedelta(days=self._day_ahead() if is_upcoming else -self._day_back())
            starts = self._instant(day, self.random.choice(kind.hours))
            yield self._draft(kind, title, summary, starts, kind.minutes, self._status(number, is_upcoming))

    def store(self, batch: list[Draft]) -> None:
        with transaction.atomic():
            venues = Venue.objects.by_place({draft.event.place for draft in batch})
            for draft in batch:
                draft.event.venue = venues[draft.event.place]
            events = Event.objects.bulk_create([draft.event for draft in batch])
            Event.tags.through.objects.bulk_create(
                Event.tags.through(event_id=draft.event.pk, tag_id=self.tags[tag])
                for draft in batch
                for tag in draft.tags
            )
            Event.areas.through.objects.bulk_create(
                Event.areas.through(event_id=draft.event.pk, area_id=self.areas[draft.area]) for draft in batch
            )
            self._moderate(events, self.random)
            comments = [comment for event in events if event.is_public for comment in self._comments(event)]
            self._moderate(Comment.objects.bulk_create(comments), self.random_comments)

    @staticmethod
    def _moderate(posts: list[Any], pick: random.Random) -> None:
        """What the log knows of the hidden among `posts`, all of one kind, and the queue of those not yet reviewed."""
        if not posts:
            return
        content_type = ContentType.objects.get_for_model(type(posts[0]))
        ModerationAction.objects.bulk_create(
            ModerationAction(
                content_type=content_type,
                object_id=post.pk,
                created_on=post.updated_on or timezone.now(),
                deed=Deed.HIDE,
                signature="moderators",
                was_public=True,
                from_status=Status.PUBLISHED,
                to_status=Status.HIDDEN,
                public_reason=pick.choice(HIDING_REASONS),
            )
            for post in posts
            if post.is_hidden
        )
        QueueEntry.objects.bulk_create(
            QueueEntry(content_type=content_type, object_id=post.pk, due=post.urgent_until, is_new=True)
            for post in posts
            if post.is_pending
        )

    def _comments(self, event: Event) -> Iterator[Comment]:
        """Some readers add to some events, and sometimes whoever organises it answers."""
        pick = self.random_comments
        for _ in range(max(0, pick.randint(-6, 3))):
            assert event.created_on is not None
            is_organiser = pick.random() < 0.25
            created = event.created_on + (self.midnight - event.created_on) * pick.random()
            status = pick.choice([Status.PUBLISHED] * 8 + [Status.PENDING, Status.HIDDEN])
            comment = Comment(
                event=event,
                body=pick.choice(ANSWERS if is_organiser else ADDITIONS),
                published_by=event.published_by if is_organiser else pick.choice([*PEOPLE, ""]),
                is_organiser=is_organiser,
                moderation_status=Status.PUBLISHED if is_organiser else status,
                auto_moderation_checked=True,
                created_on=created,
                updated_on=created,
            )
            if comment.is_public or comment.is_hidden:
                comment.public_since = created
            yield comment

    def _collective(self, name: str) -> Collective:
        founded = self.midnight - timedelta(days=400)
        return Collective.objects.filter(name=name).first() or self._saved(
            Collective(
                name=name,
                summary=f"<p>{COLLECTIVES[name]}</p>",
                moderation_status=Status.PUBLISHED,
                created_on=founded,
                updated_on=founded,
            )
        )

    @staticmethod
    def _saved(collective: Collective) -> Collective:
        collective.save(keep_times=True)
        return collective

    def _next_act(self) -> tuple[Kind, str, str]:
        """All acts in a new order before any comes back, so that a short programme does not repeat itself."""
        if not self.queue:
            self.queue = self.random.sample(self.acts, len(self.acts))
        return self.queue.pop()

    def _day_ahead(self) -> int:
        return self.random.randint(1, 35) if self.number <= FEW else int(self.random.triangular(0, 365, 0)) + 1

    def _day_back(self) -> int:
        return int(self.random.triangular(1, 150, 1)) if self.number <= FEW else self.random.randint(1, 20 * 365)

    def _instant(self, day: date, clock: str) -> datetime:
        return datetime.combine(day, time.fromisoformat(clock), tzinfo=self.zone).astimezone(UTC)

    @staticmethod
    def _status(number: int, is_upcoming: bool) -> Status:
        """The programme has what is featured and promoted of the days to come."""
        if number % 17 == 5 and is_upcoming:
            return Status.PENDING
        if number % 31 == 20:
            return Status.HIDDEN
        if number % 40 == 13 and not is_upcoming:
            return Status.PROMOTED
        if number % 150 == 44 and not is_upcoming:
            return Status.FEATURED
        return Status.PUBLISHED

    def _draft(self, kind: Kind, title: str, summary: str, starts: datetime, minutes: int, status: Status) -> Draft:
        pick = self.random
        venue, street, area, district = pick.choice(VENUES)
        host = self.collectives[pick.choice(kind.hosts)] if pick.random() < 0.8 else None
        author = pick.choice(PEOPLE) if host is None or pick.random() < 0.5 else host.name
        body = [*pick.sample(kind.texts, pick.randint(1, 3)), *pick.sample(CLOSINGS, pick.randint(0, 1))]
        posted_before = timedelta(minutes=pick.randint(180, 40 * DAYS))
        created = min(starts, self.midnight) - posted_before
        event = Event(
            title=title,
            date=starts,
            end_date=starts + timedelta(minutes=minutes) if minutes > DAYS or pick.random() < 0.8 else None,
            summary=f"<p>{summary}</p>",
            body="\n".join(body),
            place=f"{venue}, {street}, {area} {district}",
            published_by=author,
            contact_email=self._address(host, pick) if pick.random() < 0.6 else None,
            source=f"https://{self._site(host)}" if host and pick.random() < 0.4 else None,
            admin_note="<p>Created by: AnonymousUser.</p>",
            moderation_status=status,
            created_on=created,
            updated_on=created + posted_before * pick.random() if pick.random() < 0.3 else created,
            collective=host,
        )
        if event.is_public or event.is_hidden:
            event.public_since = created
        return Draft(event, kind.tags[: pick.randint(1, len(kind.tags))], area)

    @staticmethod
    def _site(host: Collective) -> str:
        """An address under the name that RFC 2606 keeps free for examples."""
        return f"{slugify(host.name)}.example.org"

    def _address(self, host: Collective | None, pick: random.Random) -> str:
        return f"hello@{self._site(host)}" if host else f"post{pick.randint(100, 999)}@example.org"
