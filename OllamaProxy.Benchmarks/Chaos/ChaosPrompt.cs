namespace OllamaProxy.Benchmarks.Chaos;

/// <summary>What a client wanted, and what it was told of it. Each has a text of its own.</summary>
internal sealed class ChaosPrompt(string text, bool isCall)
{
    public string Text => text;

    /// <summary>Whether it is a call of Ollama's API, whose client waits on its connection.</summary>
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
