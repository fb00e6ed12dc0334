using System.Collections.Immutable;

namespace OllamaProxy.Scheduling;

/// <summary>
/// Immutable Virtual Token Counters (Sheng et al., "Fairness in Serving Large Language Models", OSDI 2024): how much each account has been
/// served, in tokens over its weight. Who has the least is served next. A claim is charged a guess at once, which is corrected when the
/// attempt ends. An account that comes back is lifted to the level of those that waited meanwhile, so that nobody saves up credit by
/// sending nothing.
/// </summary>
public sealed class TokenCounters
{
    /// <summary>Nobody has been served, and all accounts have the same weight.</summary>
    public static readonly TokenCounters None = new(_ => 1);

    /// <summary>How much the last attempt counts in a moving average.</summary>
    private const double LatestShare = 0.2;

    /// <summary>The name under which the level from before the program was started is kept. No backend has it.</summary>
    internal const string EarlierBackends = "";

    /// <summary>
    /// The most accounts, and the most averages, that are kept. Beyond that the accounts that do not wait are forgotten: they come back as
    /// new ones.
    /// </summary>
    private const int MaxKept = 4096;

    private readonly Func<string, double> _weightOf;

    /// <summary>An account that is missing is a new one.</summary>
    private ImmutableDictionary<string, double> _counters = ImmutableDictionary<string, double>.Empty;

    /// <summary>The accounts that have had prompts waiting since they came, or came back.</summary>
    private ImmutableHashSet<string> _waiting = [];

    /// <summary>Accounts with due prompts, of whom all that wait are known to be; null: none are known.</summary>
    private ImmutableHashSet<string>? _due;

    /// <summary>For each backend, the highest counter with which an account was given a slot there.</summary>
    private ImmutableDictionary<string, double> _levels = ImmutableDictionary<string, double>.Empty;

    /// <summary>The moving averages of what attempts cost, by account and model; without an account: of all of them.</summary>
    private ImmutableDictionary<(string? Account, string Model), double> _averages =
        ImmutableDictionary<(string?, string), double>.Empty;

    /// <summary>Nobody has been served.</summary>
    /// <param name="weightOf">The weight of an account, above 0. Who has twice the weight is served twice the tokens.</param>
    public TokenCounters(Func<string, double> weightOf) => _weightOf = weightOf;

    private TokenCounters(TokenCounters before) =>
        (_weightOf, _counters, _waiting, _due, _levels, _averages) =
            (before._weightOf, before._counters, before._waiting, before._due, before._levels, before._averages);

    /// <summary>What an account has been served; 0: it is new.</summary>
    public double CounterOf(string account) => _counters.GetValueOrDefault(account);

    /// <summary>Whether the account had prompts waiting at the last decision: then it keeps its counter.</summary>
    public bool IsWaiting(string account) => _waiting.Contains(account);

    /// <summary>The highest counter with which an account was given a slot at a backend.</summary>
    public double LevelOf(string backend) =>
        _levels.TryGetValue(backend, out var level) ? level : _levels.GetValueOrDefault(EarlierBackends);

    /// <summary>
    /// What a prompt is guessed to add to its account's counter: the moving average of the account and model, else of the model.
    /// </summary>
    public double GuessFor(string account, string model) =>
        (_averages.TryGetValue((account, model), out var own) ? own
            : _averages.TryGetValue((null, model), out var anybodys) ? anybodys : TokenCost.Least) / _weightOf(account);

    /// <summary>The counters without the accounts that wait no more.</summary>
    /// <param name="due">The accounts with due prompts. The same set again, for decision after decision, costs nothing.</param>
    public TokenCounters KeepWaiting(ImmutableHashSet<string> due) => due == _due ? this
        : new(this) { _waiting = _waiting.All(due.Contains) ? _waiting : _waiting.Intersect(due), _due = due };

    /// <summary>The counters with the same accounts waiting as before a decision.</summary>
    public TokenCounters WithWaitingOf(TokenCounters before) => new(this) { _waiting = before._waiting, _due = before._due };

    /// <summary>The counters after a decision began.</summary>
    /// <param name="lifted">The accounts that came back, and those that were lifted while they waited, with their counters.</param>
    public TokenCounters Begin(IEnumerable<(string Account, double Counter)> lifted)
    {
        var (counters, waiting) = (_counters, _waiting);
        foreach (var (account, counter) in lifted)
            (counters, waiting) = (counters.SetItem(account, counter), waiting.Add(account));
        if (counters.Count > MaxKept)
            counters = counters.RemoveRange([.. counters.Keys.Where(account => !waiting.Contains(account))]);
        return counters == _counters && waiting == _waiting ? this
            : new(this) { _counters = counters, _waiting = waiting, _due = waiting == _waiting ? _due : null };
    }

    /// <summary>The counters after a prompt was given a slot.</summary>
    /// <param name="account">Its account.</param>
    /// <param name="model">Its model.</param>
    /// <param name="backend">The backend.</param>
    /// <param name="charge">What was charged, to be passed to <see cref="Settle"/>.</param>
    public TokenCounters Charge(string account, string model, string backend, out TokenCharge charge)
    {
        var counter = CounterOf(account);
        charge = new(account, model, GuessFor(account, model));
        return new(this)
        {
            _counters = _counters.SetItem(account, counter + charge.Amount),
            _levels = LevelOf(backend) >= counter ? _levels : _levels.SetItem(backend, counter),
        };
    }

    /// <summary>The counters after an attempt ended: what it was charged is corrected.</summary>
    /// <param name="charge">What it was charged.</param>
    /// <param name="cost">What it cost; see <see cref="TokenCost"/>. 0: it was not run.</param>
    /// <param name="isTypical">Whether the cost is a good guess for the next prompt: it succeeded.</param>
    public TokenCounters Settle(TokenCharge charge, double cost, bool isTypical)
    {
        var amount = cost / _weightOf(charge.Account);
        return new(this)
        {
            // An account that was forgotten meanwhile is a new one.
            _counters = _counters.TryGetValue(charge.Account, out var counter)
                ? _counters.SetItem(charge.Account, counter + amount - charge.Amount) : _counters,
            _averages = isTypical ? Averages(charge, cost) : _averages,
        };
    }

    private ImmutableDictionary<(string? Account, string Model), double> Averages(TokenCharge charge, double cost)
    {
        var averages = _averages.Count < MaxKept ? _averages : _averages.Clear();
        foreach (var key in new[] { (charge.Account, charge.Model), (default(string), charge.Model) })
        {
            var before = averages.TryGetValue(key, out var average) ? average : cost;
            averages = averages.SetItem(key, before + (LatestShare * (cost - before)));
        }
        return averages;
    }
}

/// <summary>What was charged for a prompt when it was given a slot.</summary>
/// <param name="Account">The account.</param>
/// <param name="Model">The canonical name of the model.</param>
/// <param name="Amount">How much was added to the account's counter.</param>
public sealed record TokenCharge(string Account, string Model, double Amount);
