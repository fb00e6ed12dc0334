namespace OllamaProxy.Simulator.Generation;

/// <summary>The whole answer to a request, determined before any of it is sent.</summary>
internal sealed record Answer(IReadOnlyList<Token> Tokens, string DoneReason)
{
    public static Answer To(GenerationRequest request)
    {
        var thoughts = (request.Think ? Simulation.Thoughts : []).Select(text => new Token(text, IsThought: true));
        if (request.ToolCall is { } call) return new([.. thoughts, new("", IsThought: false, call)], "stop");

        var said = request.Json is { } json ? Simulation.Split(json) : Simulation.TokensOf(request.Prompt, request.Options.SimulatorTokens);
        var limit = request.Options.NumPredict is > 0 and var tokens ? tokens : int.MaxValue;
        var words = said.Take(limit).Select(text => new Token(text, IsThought: false));
        return new([.. thoughts, .. words], said.Count > limit ? "length" : "stop");
    }
}

/// <summary>A token of an answer: text, thinking, or a whole tool call.</summary>
internal readonly record struct Token(string Text, bool IsThought, ToolCall? ToolCall = null)
{
    /// <summary>A number for the <c>context</c> of an answer, without meaning, but always the same for the same text.</summary>
    public int Id => Text.Aggregate(0, (id, character) => ((id * 31) + character) & 0x7FFF);

    /// <summary>The text of the answer; empty for thinking.</summary>
    public string Said => IsThought ? "" : Text;

    /// <summary>The text of the thinking; empty for an answer.</summary>
    public string Thought => IsThought ? Text : "";
}

/// <summary>The contents of one JSON object of an answer: a whole answer, or one message of a stream.</summary>
/// <param name="Text">A part of the answer's text.</param>
/// <param name="Thinking">A part of the thinking.</param>
/// <param name="DoneReason">Why the answer ends here; null: it does not.</param>
/// <param name="Metrics">The figures at the end of a generation.</param>
/// <param name="ToolCall">The tool that the client is to call.</param>
internal readonly record struct AnswerPart(
    string Text, string Thinking, string? DoneReason = null, GenerationMetrics? Metrics = null, ToolCall? ToolCall = null)
{
    public int PromptTokens => Metrics?.PromptTokens ?? 0;

    public int Tokens => Metrics?.Tokens ?? 0;

    public static AnswerPart Of(Token token) => new(token.Said, token.Thought, ToolCall: token.ToolCall);
}
