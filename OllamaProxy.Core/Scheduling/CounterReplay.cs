using OllamaProxy.Protocol;
using OllamaProxy.Statistics;

namespace OllamaProxy.Scheduling;

/// <summary>Computes the counters anew from what was served lately, so that a restart of the program wipes no debt out.</summary>
internal static class CounterReplay
{
    private enum Event
    {
        Arrival,
        Start,
    }

    /// <summary>The counters as they would be, had this program decided who was served.</summary>
    /// <param name="empty">Counters with nothing in them.</param>
    /// <param name="served">The prompts that ended.</param>
    /// <param name="waiting">The accounts with queued prompts, and since when the first of these has been queued.</param>
    /// <param name="defaultModel">The model of prompts that name none.</param>
    public static TokenCounters Replay(
        TokenCounters empty, IReadOnlyCollection<ServedPrompt> served, IEnumerable<(string Account, DateTimeOffset Since)> waiting,
        string defaultModel)
    {
        var counters = empty;
        var queued = new Dictionary<string, int>();
        var events = served.Select(prompt => (At: prompt.CreatedAt, What: Event.Arrival, prompt.Account, Prompt: (ServedPrompt?)prompt))
            .Concat(served.Select(prompt => (At: prompt.StartedAt, What: Event.Start, prompt.Account, Prompt: (ServedPrompt?)prompt)))
            .Concat(waiting.Select(each => (At: each.Since, What: Event.Arrival, each.Account, Prompt: default(ServedPrompt))))
            .OrderBy(each => each.At).ThenBy(each => each.What);
        foreach (var (_, what, account, prompt) in events)
        {
            var before = queued.GetValueOrDefault(account);
            queued[account] = what == Event.Arrival ? before + 1 : before - 1;
            if (what == Event.Start)
                Serve(prompt!);
            else if (before == 0)
                ComeBack(account);
            if (queued[account] == 0)
                queued.Remove(account);
        }
        return counters.KeepWaiting([.. queued.Keys]);

        void Serve(ServedPrompt prompt)
        {
            var model = ModelName.Canonical(prompt.Model ?? defaultModel);
            counters = counters.Charge(prompt.Account, model, TokenCounters.EarlierBackends, out var charge);
            var cost = TokenCost.Of(prompt.PromptTokens ?? 0, prompt.GeneratedTokens ?? 0);
            counters = counters.Settle(charge, cost, isTypical: prompt.GeneratedTokens is not null);
        }

        void ComeBack(string account)
        {
            var others = queued.Keys.Where(other => other != account).Select(counters.CounterOf)
                .DefaultIfEmpty(counters.LevelOf(TokenCounters.EarlierBackends));
            counters = counters.Begin([(account, Math.Max(counters.CounterOf(account), others.Min()))]);
        }
    }
}
