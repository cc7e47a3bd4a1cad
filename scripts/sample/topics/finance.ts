import { lines, list, type Area } from '../grammar.ts';

export const finance: Area = {
  label: 'Finance and Business',
  steps: lines(`
    {Add up|Write down} your {income|expenses|costs}
    {Open|Close} {an account|a savings account}
    {Call|Email|Meet} {your bank|the company|a lawyer|an accountant}
    {Keep|File} {receipts|records|copies|the contract}
    {Set|Review} a {budget|deadline|goal} {every month|}
    {Negotiate|Ask for} {a better price|a discount|better terms}
    {Sign|Read} the {contract|fine print|form}
    {Pay|Transfer} {the fee|the bill|$price} {on time|online}
    {Research|Compare} {companies|rates|offers}
    {Send|Prepare} {a letter|an invoice|your documents}
  `),
  details: lines(`
    {Interest|Fees|Taxes} {add up|can be avoided}
    {Get|Ask for} it in writing
    {Rules|Rates} differ from {state to state|country to country}
    {Small|Regular} {amounts|payments} make a difference
  `),
  topics: [
    {
      label: 'Budgeting',
      parents: ['Personal Finance'],
      rows: 150,
      also: ['Spreadsheets', 'Investing'],
      titles: lines(`
        {Save|Budget} for a $it
      `),
      subjects: list(
        'vacation, house, credit card bill, student loan, emergency fund, new car, baby, retirement, wedding',
      ),
      methods: list('Tracking Spending, Cutting Costs, Paying Off Debt'),
      steps: lines(`
        {Track|List} {what you spend|every expense|your bills}
        {Cut|Cancel} {subscriptions|eating out|impulse buys}
        {Pay|Set aside} {10 percent|the highest-interest debt|the minimum} {first|}
        {Divide|Sort} your {spending|income} into {needs and wants|categories}
        {Use|Fill} cash envelopes
        {Automate|Increase} your {savings|payments}
        {Cook|Shop} {at home|with a list}
        {Consolidate|Refinance} your {loans|debt}
        {Save|Put} {tax refunds|raises|spare change} {away|in a jar}
      `),
      details: lines(`
        {Three|Six} months of expenses is a {good|safe} cushion
        {Credit cards|Small leaks} {cost more than you think|sink a budget}
        {Leave|Allow} yourself a little fun money
      `),
    },
    {
      label: 'Investing',
      parents: ['Personal Finance'],
      rows: 70,
      also: ['Budgeting', 'Mathematics'],
      titles: lines(`
        {Buy|Invest in|Sell|Evaluate} $it
      `),
      subjects: list('stocks, index funds, bonds, gold, real estate, dividends, mutual funds'),
      methods: list('Choosing Assets, Opening an Account, Managing Risk'),
      steps: lines(`
        {Open|Fund} a brokerage account
        {Diversify|Rebalance} your portfolio
        {Read|Study} the {prospectus|annual report|balance sheet}
        {Buy|Hold|Sell} {shares|the fund} {for the long term|when the price drops}
        {Calculate|Compare} the {yield|return|expense ratio}
        {Set|Place} a {limit|stop} order
        {Invest|Put in} {$price|a fixed sum} every month
      `),
      details: lines(`
        {Past returns|Tips} {do not predict|are not} {the future|advice}
        {Risk|Inflation} eats {savings|gains}
      `),
    },
    {
      label: 'Job Interviews',
      parents: ['Work World'],
      rows: 165,
      also: ['Public Speaking', 'Dressing Well', 'Essay Writing'],
      titles: lines(`
        {Prepare|Ace|Handle|Plan} a $it
      `),
      subjects: list(
        'job interview, resume, cover letter, phone interview, group interview, internship application, reference letter, raise request',
      ),
      methods: list('Preparing, Making a Good Impression, Following Up'),
      steps: lines(`
        {Research|Look up} the {company|interviewer|position}
        {Shake|Offer} hands {firmly|and make eye contact}
        {Rehearse|Practice} {answers|your pitch} {to common questions|in a mirror}
        {Tailor|Proofread|Update} your {resume|cover letter}
        {Arrive|Leave} {ten minutes|} early
        {Ask|Prepare} {questions|two questions} about the {role|team}
        {Describe|Mention} {a weakness|your strengths|a project you led}
        {Send|Write} a thank-you {note|email} {within a day|}
        {List|Quantify} your {experience|skills|achievements}
        {Contact|Choose} your references
        {Dress|Bring} {a notch up|copies of your resume}
      `),
      details: lines(`
        {Employers|Recruiters} {spend seconds on|skim} a {resume|page}
        {Salary|Gaps} {should wait|can be explained}
        {Smile|Pause} before you answer
      `),
    },
    {
      label: 'Small Business',
      parents: [],
      rows: 105,
      also: ['Websites', 'Budgeting', 'Social Media'],
      titles: lines(`
        {Start|Run|Market|Sell} a $it
      `),
      subjects: list(
        'bakery, food truck, cleaning business, dog walking service, bookstore, online shop, lawn business, coffee shop',
      ),
      methods: list('Writing a Plan, Finding Customers, Handling Money'),
      steps: lines(`
        {Write|Draft} a business {plan|model}
        {Register|Name|License} the {business|company}
        {Hire|Train|Pay} {staff|employees}
        {Find|Rent} a {location|shop}
        {Price|Test|Package} your {product|service}
        {Advertise|Hand out flyers} {locally|online}
        Apply for a {loan|grant|permit}
        {Track|Order} {inventory|stock}
        {Ask|Listen to} {customers|regulars} {for reviews|}
      `),
      details: lines(`
        {Cash flow|Rent} sinks more shops than {competition|taxes}
        {Word of mouth|Repeat customers} {is|are} worth more than ads
      `),
    },
    {
      label: 'Taxes',
      parents: ['Personal Finance'],
      rows: 24,
      also: ['Small Business'],
      titles: lines(`
        {File|Lower|Calculate} $it
      `),
      subjects: list('income taxes, a tax return, property tax, sales tax'),
      methods: list('Gathering Forms, Filing'),
      steps: lines(`
        {Gather|Check} your {wage|tax} forms
        {Claim|Itemize} {deductions|credits}
        {File|Mail} {electronically|the return} by the deadline
        {Report|Estimate} {all income|the tax you owe}
        {Request|Ask for} an extension
      `),
      details: lines(`
        Keep returns for {three|seven} years
        {Penalties|Interest} start the day after the deadline
      `),
    },
  ],
};
