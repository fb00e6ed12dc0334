using System.Collections.Immutable;
using CsCheck;
using OllamaProxy.Ollama.Backends;
using OllamaProxy.Protocol;
using OllamaProxy.Scheduling;
using OllamaProxy.Storage;

namespace OllamaProxy.Tests.Scheduling;

/// <summary>The short texts in which the tests of the scheduler write queues, backends and schedules.</summary>
internal static class SchedulerNotation
{
    public static readonly DateTimeOffset Noon = new(2026, 11, 24, 12, 0, 0, TimeSpan.Zero);

    /// <summary>Nothing has been overtaken.</summary>
    public static readonly OvertakeHistories NoHistory = OvertakeHistories.None;

    public static List<QueuedPrompt> QueueOf(string models) =>
        [.. models.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select((model, index) => Prompt(index + 1, model.TrimEnd('!'), model.EndsWith('!') ? 10 : 0))];

    internal static QueuedPrompt Prompt(int seq, string model, int priority) => new(seq, model == "-" ? "" : model, seq, priority, Noon);

    public static List<BackendLoad> BackendPool(string text) => [.. text.Split("; ").Select(Backend)];

    private static BackendLoad Backend(string text)
    {
        var words = text.Split(' ');
        var room = words[1].Split('/');
        var running = room.Skip(1).Select(ModelName.Canonical).ToList();
        ImmutableHashSet<string>? Models(char open, char close) => words.FirstOrDefault(word => word[0] == open) is { } list
            ? [.. list.Trim(open, close).Split(',').Select(ModelName.Canonical)] : null;
        ImmutableHashSet<string>? After(string word) =>
            words.Index().Where(one => one.Item == word).Select(one => ModelName.Canonical(words[one.Index + 1]))
                .ToImmutableHashSet() is { Count: > 0 } after ? after : null;
        return new(
            new(words[0], Math.Max(int.Parse(room[0]) + running.Count, 1))
            {
                Health = words.Contains("away") ? BackendHealth.Unknown
                    : words.Contains("troubled") ? BackendHealth.Degraded : BackendHealth.Healthy,
                IsBusy = words.Contains("busy"),
                BusyModels = After("busyfor") ?? [],
                HasJustMissed = words.Contains("missed"),
                Listed = Models('{', '}'),
                ListedAsOf = Noon,
                Ran = After("ran") ?? [],
                Loaded = Models('[', ']') ?? [],
                LoadedAt = DateTimeOffset.MaxValue, // Its turn has yet to begin.
                AllowedModels = After("only"),
                RecentlyMissing = ImmutableDictionary.CreateRange((After("not") ?? [])
                    .Select(model => KeyValuePair.Create(model, new MissingModel(0, false)))),
            },
            int.Parse(room[0]),
            RunningModels.Of(running.Select(model => (LoadKey)model)))
        { Ordinary = Array.IndexOf(words, "ordinary") is >= 0 and var at ? int.Parse(words[at + 1]) : int.MaxValue };
    }

    public static IEnumerable<string> Print(Schedule schedule) => schedule.Assignments.Select(assignment =>
        $"{(assignment.Prompt.Model is { Length: > 0 } model
            ? model : "-")}{assignment.Prompt.Seq}>{assignment.Backend}{(assignment.IsRefused ? "?" : "")}");
}
