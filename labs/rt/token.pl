# Prints a new REST2 token for the user named on the command line.
use strict;
use warnings;
use lib '/usr/share/request-tracker5/lib';
use RT;
RT::LoadConfig();
RT::Init();
my $user = RT::User->new( RT->SystemUser );
$user->Load( $ARGV[0] );
die "no user $ARGV[0]\n" unless $user->Id;
my $token = RT::AuthToken->new( RT->SystemUser );
my ( $ok, $message, $text ) = $token->Create( Owner => $user->Id, Description => 'Journeyman lab' );
die "$message\n" unless $ok;
print "$text\n";
