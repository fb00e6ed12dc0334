namespace OllamaProxy.Configuration.Webhooks;

/// <summary>How clients are told that their prompts and batches have ended.</summary>
public sealed record WebhookOptions
{
    /// <summary>Nobody is told.</summary>
    public static readonly WebhookOptions None = new();

    private const string SecretSetting = "OLLAMA_PROXY_WEBHOOK_SECRET";
    private const string SecretPrefix = "whsec_";

    /// <summary>The fewest and the most bytes of a secret, as Standard Webhooks has them.</summary>
    private const int MinSecret = 24, MaxSecret = 64;

    /// <summary>The keys that each webhook is signed with. Several are for the time in which a new one is introduced.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Secrets { get; init; } = [];

    /// <summary>What may be called besides public addresses.</summary>
    public WebhookAllowList Allowed { get; init; } = WebhookAllowList.None;

    /// <summary>Whether webhooks can be sent: none is without a signature.</summary>
    public bool AreEnabled => Secrets.Count > 0;

    internal static WebhookOptions Read(SettingReader settings) => new()
    {
        Secrets = ReadSecrets(settings),
        Allowed = settings.Parsed(
            "OLLAMA_PROXY_WEBHOOK_ALLOW", WebhookAllowList.None, WebhookAllowList.TryParse, WebhookAllowList.Expected),
    };

    private static List<ReadOnlyMemory<byte>> ReadSecrets(SettingReader settings)
    {
        var secrets = new List<ReadOnlyMemory<byte>>();
        var texts = settings.Text(SecretSetting, "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        foreach (var text in texts)
        {
            var bytes = new byte[MaxSecret];
            if (text.StartsWith(SecretPrefix, StringComparison.Ordinal)
                && Convert.TryFromBase64String(text[SecretPrefix.Length..], bytes, out var length) && length >= MinSecret)
                secrets.Add(bytes.AsMemory(0, length));
            else
                // Without the value, which is secret.
                settings.Refuse($"The setting {SecretSetting} must be {SecretPrefix} and the base64 of {MinSecret} to {MaxSecret} bytes, "
                    + $"such as \"{SecretPrefix}$(openssl rand -base64 32)\"; several are separated by commas.");
        }
        return secrets;
    }
}
