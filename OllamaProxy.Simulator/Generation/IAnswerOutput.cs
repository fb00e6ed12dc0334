namespace OllamaProxy.Simulator.Generation;

/// <summary>Where an answer goes. After any number of tokens exactly one of the others ends it, but for <see cref="StartAsync"/>.</summary>
internal interface IAnswerOutput
{
    Task TokenAsync(Token token, CancellationToken ct);

    /// <summary>Sends the headers, if they go before the end.</summary>
    Task StartAsync(CancellationToken ct);

    Task DoneAsync(string reason, GenerationMetrics? metrics, CancellationToken ct);

    Task ErrorAsync(string error, CancellationToken ct);

    /// <summary>Ends cleanly, without saying that the answer is done.</summary>
    Task EndAsync(CancellationToken ct);

    /// <summary>Ends by closing the connection in the middle; what was sent before arrives.</summary>
    Task CutAsync(CancellationToken ct);
}
