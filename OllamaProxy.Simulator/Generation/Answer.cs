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
