using OllamaProxy.Prompts;

namespace OllamaProxy.Access;

/// <summary>Who asks, and what that lets them see and do.</summary>
/// <param name="Owner">The owner of what they submit; null: they have no key, and need none.</param>
/// <param name="Account">To whom the tokens of what they submit are charged; null: nobody in particular.</param>
public sealed record Caller(string? Owner, string? Account)
{
    /// <summary>Somebody without a key where one is needed: they see nothing.</summary>
    public static readonly Caller Nobody = new("", null);

    /// <summary>Whether they may manage models, backends and the queue.</summary>
    public bool IsAdmin { get; init; }

    /// <summary>Whether they see the prompts of all owners.</summary>
    public bool SeesAll { get; init; }

    /// <summary>How much they may use.</summary>
    public OwnerLimits Limits { get; init; } = OwnerLimits.None;

    /// <summary>The owner whose prompts are all that they see; null: they see those of all.</summary>
    public string? OnlyOwner => SeesAll ? null : Owner;

    /// <summary>Whether they may know that there is this prompt.</summary>
    public bool Sees(Prompt prompt) => SeesWhatIsOf(prompt.Owner);

    /// <summary>Whether they may know what is somebody's; null: nobody's in particular.</summary>
    public bool SeesWhatIsOf(string? owner) => SeesAll || (Owner is not null && owner == Owner);

    /// <summary>The prompt as theirs, with a priority that they may have.</summary>
    public NewPrompt Own(NewPrompt prompt) => prompt with
    {
        Owner = Owner,
        Account = Account,
        Limits = Limits,
        Priority = Limits.Cap(prompt.Priority),
    };
}
