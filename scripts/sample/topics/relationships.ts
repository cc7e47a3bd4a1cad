import { lines, list, type Area } from '../grammar.ts';

export const relationships: Area = {
  label: 'Relationships',
  steps: lines(`
    {Listen|Talk} {without interrupting|honestly|face to face}
    {Tell|Show} {them|the other person} {how you feel|that you care}
    {Apologize|Say sorry} {sincerely|first|if you were wrong}
    {Give|Allow} {them|each other} {space|time}
    {Ask|Learn} {about their day|what they like|open questions}
    {Spend|Plan} time together
    {Send|Write} a {message|card|letter}
    {Make|Keep} {eye contact|a promise|boundaries}
    {Compliment|Thank} {them|the person}
    {Stay|Keep} calm {if they get upset|}
  `),
  details: lines(`
    {Trust|Respect} {takes time|goes both ways}
    {Nobody|No one} can read your mind
    {Use|Try} "I" statements {rather than blame|}
    {It may be|Maybe they are} {awkward|nervous|shy} {at first|}
  `),
  topics: [
    {
      label: 'Friendship',
      parents: [],
      rows: 150,
      also: ['Party Planning', 'Social Media', 'Dating'],
      titles: lines(`
        {Make|Keep|Comfort|Forgive|Be} a $it
      `),
      subjects: list(
        'new friend, best friend, friend who lied, shy friend, friend at school, friend in a hard time, good neighbor',
      ),
      methods: list('Meeting People, Being Supportive, Solving Conflicts'),
      steps: lines(`
        {Join|Start} a {club|class|conversation}
        {Invite|Ask} {them|your friend} {over|to lunch|to a movie}
        {Remember|Celebrate} {birthdays|their good news}
        {Keep|Guard} their secrets
        {Forgive|Confront} {your friend|a small mistake}
        {Stand|Stick} up for {them|your friend}
        {Offer|Bring} {help|a meal|a shoulder to cry on}
        {Share|Find} {a joke|common interests}
        {Reach|Check} {out|in} {after a while|}
      `),
      details: lines(`
        {Real|Old} friends {forgive|understand} silence
        {Gossip|Jealousy} ends friendships
      `),
    },
    {
      label: 'Dating',
      parents: [],
      rows: 145,
      also: ['Friendship', 'Dressing Well', 'Social Media'],
      titles: lines(`
        {Ask Out|Flirt with|Get Over|Impress|Talk to} {a|an} $it
      `),
      subjects: list(
        'crush, shy guy, girl you like, ex, coworker, classmate, blind date, long-distance boyfriend',
      ),
      methods: list('Starting a Conversation, Going Out, Moving On'),
      steps: lines(`
        {Flirt|Smile} {lightly|across the room}
        {Ask|Take} {them|your crush} out {for coffee|to dinner|on a walk}
        {Text|Call} {the next day|but not too often}
        {Hold|Touch} {hands|their arm}
        {Kiss|Hug} them {goodnight|if they lean in}
        {Break|Delete} {up in person|the old messages}
        {Choose|Suggest} {a café|a casual place}
        {Accept|Respect} {a no|rejection}
        {Cry|Move on} {if you need to|after a breakup}
        {Compliment|Laugh at} their {smile|jokes}
      `),
      details: lines(`
        {Confidence|A sense of humor} is attractive
        {Playing|Mind} games {backfire|hurt}
        {Rejection|Heartbreak} {happens to everyone|heals}
      `),
    },
    {
      label: 'Weddings',
      parents: [],
      rows: 86,
      also: ['Party Planning', 'Cakes', 'Flowers', 'Photography'],
      titles: lines(`
        {Plan|Budget for|Officiate|Dress for} a $it
      `),
      subjects: list(
        'wedding, beach wedding, small wedding, engagement party, vow renewal, bridal shower, proposal',
      ),
      methods: list('Setting the Date, Choosing Vendors, On the Day'),
      steps: lines(`
        {Choose|Book} {a venue|a caterer|a florist|the band}
        {Write|Exchange} {vows|rings}
        {Try|Alter} the {dress|veil|suit}
        {Pick|Thank} your {bridesmaids|best man}
        {Walk|Rehearse} down the aisle
        {Seat|Feed} the {guests|families}
        {Order|Cut} the wedding cake
        {Mail|Design} the {invitations|save-the-dates}
        {Propose|Kneel} {with a ring|at sunset}
      `),
      details: lines(`
        {Venues|Photographers} book up a year ahead
        {The bride|Someone} should eat before the ceremony
      `),
    },
    {
      label: 'Married Life',
      parents: [],
      rows: 52,
      also: ['Dating', 'Budgeting', 'Babies'],
      titles: lines(`
        {Save|Improve|Survive} {a|an} $it
      `),
      subjects: list('marriage, argument with your spouse, divorce, first year together, long marriage'),
      methods: list('Communicating, Rebuilding Trust'),
      steps: lines(`
        {Share|Divide} the {chores|bills}
        {See|Visit} a {marriage counselor|mediator}
        {Plan|Keep} a date night
        {Settle|Pause} {the argument|a fight} before bed
        {Surprise|Hug} your {husband|wife|spouse}
        {Discuss|Agree on} {money|children|the in-laws}
      `),
      details: lines(`
        {Couples|Spouses} {grow|fight} about small things
        The past should stay out of an argument
      `),
    },
  ],
};
