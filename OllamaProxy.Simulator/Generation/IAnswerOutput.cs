namespace OllamaProxy.Simulator.Generation;

/// <summary>
/// The output of an answer. After any number of tokens it is ended by exactly one call of the other methods, apart from
/// <see cref="StartAsync"/>.
/// </summary>
internal interface IAnswerOutput
{
    Task TokenAsync(Token token, CancellationToken ct);

    /// <summary>Sends the headers, if they are sent before the end.</summary>
    Task StartAsync(CancellationToken ct);

    Task DoneAsync(string reason, GenerationMetrics? metrics, CancellationToken ct);

    Task ErrorAsync(string error, CancellationToken ct);

    /// <summary>Ends the answer without the message that it is done.</summary>
    Task EndAsync(CancellationToken ct);

    /// <summary>Closes the connection in the middle of the answer, after what was written has been sent.</summary>
    Task CutAsync(CancellationToken ct);
}
