using System.Collections.Concurrent;

namespace OllamaProxy.Benchmarks.Chaos;

/// <summary>All that the clients wanted and were told, and what was done to the servers. Safe for many threads.</summary>
internal sealed class ChaosLedger
{
    private readonly ConcurrentQueue<ChaosPrompt> _prompts = [];
    private readonly ConcurrentDictionary<string, int> _counts = [];
    private readonly ConcurrentQueue<string> _complaints = [];
    private int _number;

    public IReadOnlyCollection<ChaosPrompt> Prompts => _prompts;

    /// <summary>What went wrong from the view of a client, each in a line.</summary>
    public IReadOnlyCollection<string> Complaints => _complaints;

    /// <summary>How often each thing happened, by what it is called in the table.</summary>
    public IReadOnlyDictionary<string, int> Counts => _counts;

    /// <summary>A prompt like no other.</summary>
    /// <param name="words">How long its answer is to be, about.</param>
    /// <param name="isCall">Whether it is a call of Ollama's API.</param>
    /// <param name="tokens">How many tokens its answer is to have; null: as many as it comes to.</param>
    public ChaosPrompt New(int words, bool isCall, int? tokens = null)
    {
        var text = $"chaos {Interlocked.Increment(ref _number)}{string.Concat(Enumerable.Repeat(" of", words))}";
        var prompt = new ChaosPrompt(text, isCall, tokens);
        _prompts.Enqueue(prompt);
        return prompt;
    }

    public void Count(string what, int times = 1) => _counts.AddOrUpdate(what, times, (_, before) => before + times);

    /// <summary>Something that no client should ever see.</summary>
    public void Complain(string what) => _complaints.Enqueue(what);
}
