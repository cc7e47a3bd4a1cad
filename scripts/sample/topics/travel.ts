import { lines, list, type Area } from '../grammar.ts';

export const travel: Area = {
  label: 'Travel',
  steps: lines(`
    {Book|Reserve} {a ticket|a room|your seat} {early|online|in advance}
    {Check|Renew} your {passport|visa|insurance}
    {Pack|Bring} {snacks|a charger|layers|a water bottle}
    {Plan|Print} {your route|the itinerary|a map}
    {Ask|Tip} {the locals|the driver|at the desk}
    {Leave|Arrive} {early|with time to spare}
    {Exchange|Carry} {some cash|money}
    {Keep|Hide} your {wallet|documents} {close|in a money belt}
    {Learn|Look up} {a few phrases|local customs}
  `),
  details: lines(`
    {Prices|Crowds} {rise|peak} in {summer|the holidays}
    {Airlines|Hotels} change their rules often
    Keep a copy of your {passport|tickets} {online|with a friend}
    {Jet lag|Lost luggage} {happens|is no fun}
  `),
  topics: [
    {
      label: 'Packing',
      parents: [],
      rows: 130,
      also: ['Air Travel', 'Clothing Care', 'Camping'],
      titles: lines(`
        Pack {for a|a} $it
      `),
      subjects: list(
        'suitcase, carry-on, weekend trip, beach vacation, business trip, ski trip, backpack, move, cruise',
      ),
      methods: list('Choosing Clothes, Folding and Rolling, Packing Toiletries'),
      steps: lines(`
        {Roll|Fold} your {shirts|jeans|clothes} {tightly|}
        {Stuff|Tuck} socks into {shoes|the gaps}
        {Weigh|Label|Lock} your {suitcase|luggage|bag}
        {Put|Decant} {liquids|shampoo} into {clear bags|small bottles}
        {Wrap|Bundle} {breakables|glasses|the dress} in {clothes|tissue}
        {Lay|Lay out} {outfits|what you need} {by day|on the bed}
        {Wear|Put} the {heaviest|bulkiest} {shoes|items} {on the plane|at the bottom}
        {Leave|Keep} {room|space} for {souvenirs|dirty laundry}
        {Use|Fill} packing cubes
      `),
      details: lines(`
        {Take|You need} half of what you think
        {Wrinkles|Leaks} {come out in the shower|happen at altitude}
      `),
    },
    {
      label: 'Air Travel',
      parents: [],
      rows: 120,
      also: ['Packing', 'Stress Management', 'Babies'],
      titles: lines(`
        {Survive|Book|Prepare for|Sleep on} a $it
      `),
      subjects: list(
        'long flight, cheap flight, first flight, layover, red-eye, delayed flight, flight with a baby',
      ),
      methods: list('Booking, At the Airport, On Board'),
      steps: lines(`
        {Check|Print} {in online|your boarding pass}
        {Take|Put} {off your shoes|laptops in a tray} at security
        {Chew|Swallow|Yawn} to pop your ears
        {Choose|Request} {an aisle|a window} seat
        {Store|Stow} your bag {overhead|under the seat}
        {Fasten|Loosen} your seat belt
        {Claim|Track} your {bags|luggage}
        {Walk|Stretch} in the aisle {every hour|}
        {Set|Adjust} your watch to the {new|local} time
        {Look|Search} for {fares|flights} on {a Tuesday|nearby dates}
      `),
      details: lines(`
        {Cabin air|Alcohol} dries you out
        {Delays|Turbulence} {is|are} normal
      `),
    },
    {
      label: 'Hotels',
      parents: [],
      rows: 40,
      also: ['Packing', 'Air Travel'],
      titles: lines(`
        {Choose|Book|Check Out of|Complain at} a $it
      `),
      subjects: list('hotel, hostel, bed and breakfast, resort, vacation rental'),
      methods: list('Booking, Staying'),
      steps: lines(`
        {Request|Ask for} {a quiet room|late checkout|a crib}
        {Check|Inspect} the {mattress|room} {for bugs|}
        {Tip|Thank} {housekeeping|the concierge}
        {Read|Sort} the reviews {by date|}
        {Hang|Lock} {the "do not disturb" sign|the safe}
      `),
      details: lines(`
        {Desk|Hotel} staff {can upgrade you|know the area}
        Walls are thin
      `),
    },
    {
      label: 'City Trips',
      parents: ['Destinations'],
      rows: 56,
      also: ['Hotels', 'Photography'],
      titles: lines(`
        {Visit|See|Get Around} $it
      `),
      subjects: list(
        'a big city, a museum, an old town, a harbor city, a capital on a budget, a night market',
      ),
      methods: list('Planning, Getting Around, Eating Well'),
      steps: lines(`
        {Buy|Get} a {metro|museum} pass
        {Take|Ride} the {subway|tram|ferry}
        {Visit|Tour} the {cathedral|old town|market}
        {Skip|Beat} the line {by going early|}
        {Eat|Try} {street food|where locals eat}
        {Wander|Explore} {side streets|on foot}
      `),
      details: lines(`
        {Pickpockets|Taxis} {work crowds|overcharge}
        Many museums are free {on Sundays|once a month}
      `),
    },
  ],
};
