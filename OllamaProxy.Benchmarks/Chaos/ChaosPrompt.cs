using OllamaProxy.Simulator.Generation;

namespace OllamaProxy.Benchmarks.Chaos;

/// <summary>What a client wanted, and what it was told of it. Each has a text of its own.</summary>
/// <param name="text">What it says.</param>
/// <param name="isCall">Whether it is a call of Ollama's API, whose client waits on its connection.</param>
/// <param name="tokens">How many tokens its answer is to have; null: as many as it comes to.</param>
internal sealed class ChaosPrompt(string text, bool isCall, int? tokens = null)
{
    public string Text => text;

    public int? Tokens => tokens;

    /// <summary>The only right answer.</summary>
    public string Answer { get; } = string.Concat(Simulation.TokensOf(text, tokens));

    public bool IsCall => isCall;

    /// <summary>The id that was told first; null: none was.</summary>
    public Guid? Id { get; set; }

    /// <summary>Whether another id was told later, for the same idempotency key.</summary>
    public bool HasSecondId { get; set; }

    /// <summary>Whether it may have been cancelled: the client asked for that, left, or lost its connection.</summary>
    public bool MayBeCancelled { get; set; }

    /// <summary>Whether the client has the right answer, to its end.</summary>
    public bool IsAnswered { get; set; }

    /// <summary>The end that a client was told of; null: none.</summary>
    public string? ToldEnd { get; set; }
}
