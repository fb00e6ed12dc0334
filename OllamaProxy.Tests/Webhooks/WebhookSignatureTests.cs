using OllamaProxy.Tests.Configuration.Webhooks;
using OllamaProxy.Webhooks;

namespace OllamaProxy.Tests.Webhooks;

public sealed class WebhookSignatureTests
{
    private const string Signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    /// <summary>The example of the libraries of Standard Webhooks.</summary>
    [Fact]
    public void A_message_is_signed_as_Standard_Webhooks_has_it() => Assert.Equal(Signature, Sign(Receiver.Secret));

    [Fact]
    public void While_the_secret_is_being_changed_a_message_is_signed_with_both()
    {
        var other = $"whsec_{Convert.ToBase64String(new byte[32])}";
        var signatures = Sign($"{other}, {Receiver.Secret}").Split(' ');
        Assert.Equal([Sign(other), Signature], signatures);
    }

    private static string Sign(string secrets) => WebhookClient.Sign(
        WebhookOptionsTests.Read(("OLLAMA_PROXY_WEBHOOK_SECRET", secrets)).Secrets, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330",
        """{"test": 2432232314}"""u8);
}
